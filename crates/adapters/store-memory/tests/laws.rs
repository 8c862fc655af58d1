//! Every law of every port of storage, on the memory.

use kabar_contracts::{RecordedFeed, Stores};
use kabar_store_memory::MemoryStore;

async fn stores() -> Stores {
    let heard = RecordedFeed::new();
    Stores::of(MemoryStore::new(heard.clone(), heard.clone()), heard, ())
}

kabar_contracts::laws!(memory, stores);
