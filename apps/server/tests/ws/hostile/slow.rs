//! Members of a busy group who never read.

use kabar_testkit::{client::WsClient, postgres::TestDatabase};

use crate::{
    bystanders::Bystanders,
    raw::RawSocket,
    server::{assert_lives, device},
};

const SLOW: usize = 10;
/// Messages of 16 KiB of each of two writers: more than a connection's queue and the system's
/// buffers hold.
const EACH: usize = 300;

async fn write(socket: &WsClient, group: &str) -> anyhow::Result<()> {
    let body = "x".repeat(16 * 1024);
    for number in 0..EACH {
        socket.send_message_to(group, &number.to_string(), &body).await?;
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_never_reads_is_cut_off_and_nobody_waits_for_it() -> anyhow::Result<()> {
    // Not on SQLite, which keeps what it wrote in memory, up to a bound of its own.
    let database = TestDatabase::create().await?;
    let settings = Bystanders::settings().database_url(database.url());
    let mut bystanders = Bystanders::start(settings).await?;
    let http = bystanders.server.http();
    let (ayu, budi) = (http.register("writer-1").await?, http.register("writer-2").await?);
    let attacker = bystanders.attacker.clone();
    let group = ayu.http.create_group("Busy", &[&budi.id, &attacker.id]).await?;
    let (one, other) = (device(&ayu).await?, device(&budi).await?);
    let reads = device(&attacker).await?;
    let mut slow = Vec::new();
    for _ in 0..SLOW {
        slow.push(RawSocket::slow(&attacker).await?);
    }

    let (first, second) = tokio::join!(write(&one, &group), write(&other, &group));
    first?;
    second?;
    bystanders.talk().await?;
    let growth = bystanders.growth()?;
    assert!(growth < 20 << 20, "{growth} bytes for {SLOW} slow readers");
    let log = ayu.http.all_entries(&group).await?;
    for socket in [&one, &other, &reads] {
        socket.wait_for_entry(&group, log.len() as u64).await?;
        let seen = socket.verify_gapless()?.entries(&group);
        assert!(log.ends_with(&seen) && seen.len() == 2 * EACH, "{} entries", seen.len());
        assert_lives(socket).await?;
    }
    for socket in &mut slow {
        assert_eq!(socket.closed().await?, Some(4008), "it reads at last why it was cut off");
    }
    assert_lives(&device(&attacker).await?).await?;
    bystanders.assert_unharmed().await
}
