//! What the operator decided, in the words of those who are bound by it.

use std::{num::NonZeroUsize, thread, time::Duration};

use kabar_chats::{ChatLimits, ports::Audience};
use kabar_credentials::ArgonSettings;
use kabar_groups::GroupLimits;
use kabar_realtime::{Heartbeat, HubSettings, QueueLimits};
use kabar_store_sea::SeaOptions;
use kabar_users::SessionLimits;

use crate::{config::Config, ws::GatewaySettings};

pub(super) fn store(config: &Config) -> SeaOptions {
    SeaOptions {
        connections: config.database.max_connections,
        readers: config.database.readers,
        lanes: usize::from(config.database.lanes),
        queue: config.database.append_queue,
        ..SeaOptions::default()
    }
}

pub(super) fn hashing(config: &Config) -> ArgonSettings {
    ArgonSettings {
        memory_kib: config.password.memory_kib,
        passes: config.password.iterations,
        lanes: config.password.parallelism,
        at_once: thread::available_parallelism().unwrap_or(NonZeroUsize::MIN),
        queue: config.password.queue,
    }
}

pub(super) const fn sessions(config: &Config) -> SessionLimits {
    SessionLimits {
        access: config.auth.access_ttl,
        idle: config.auth.refresh_idle,
        absolute: config.auth.refresh_absolute,
        grace: config.auth.refresh_grace,
    }
}

pub(super) const fn chats(config: &Config) -> ChatLimits {
    ChatLimits {
        edit_window: config.chat.edit_window,
        receipts: Audience { members: config.chat.receipts_max_members },
    }
}

pub(super) const fn groups(config: &Config) -> GroupLimits {
    GroupLimits { members: config.groups.max_members }
}

pub(super) fn hub(config: &Config) -> HubSettings {
    HubSettings {
        typing: config.typing.enabled,
        typing_max_devices: config.typing.max_devices,
        presence: config.presence.enabled,
        ..HubSettings::default()
    }
}

pub(super) fn gateway(config: &Config) -> GatewaySettings {
    GatewaySettings {
        max_frame: config.ws.max_frame.get(),
        max_message: config.message.max_bytes.get(),
        auth_timeout: config.ws.auth_timeout,
        heartbeat_seconds: whole_seconds(config.ws.heartbeat),
        max_connections: config.ws.max_connections,
        queue: QueueLimits { events: config.ws.queue_events, bytes: config.ws.queue_bytes.get() },
        origins: config.http.ws_origins.iter().map(|origin| origin.as_str().to_owned()).collect(),
    }
}

pub(super) fn heartbeat(config: &Config) -> Heartbeat {
    Heartbeat {
        interval: whole_seconds(config.ws.heartbeat),
        silence: whole_seconds(config.ws.idle_timeout),
    }
}

fn whole_seconds(span: Duration) -> u32 {
    u32::try_from(span.as_secs()).unwrap_or(u32::MAX)
}
