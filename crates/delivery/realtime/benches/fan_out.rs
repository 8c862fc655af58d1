//! What a delivery costs besides its bytes: one entry into the queues of a group's devices, and out.

use std::{
    hint::black_box,
    task::{Context, Waker},
};

use bytes::Bytes;
use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use kabar_realtime::{Connection, QueueLimits};

/// The group of the design's speed table.
const FOLLOWERS: u64 = 500;

fn open() -> Connection {
    let connection = Connection::new(QueueLimits::default(), 0);
    connection.open_with(Bytes::from_static(b"ready"));
    connection.release();
    take(&connection);
    connection
}

fn take(connection: &Connection) {
    let taken = connection.poll_frames(&Context::from_waker(Waker::noop()));
    let _ = black_box(taken);
}

fn fan_out(criterion: &mut Criterion) {
    let frame = Bytes::from(vec![b'x'; 400]);
    let followers: Vec<Connection> = (0..FOLLOWERS).map(|_| open()).collect();

    let mut group = criterion.benchmark_group("fan out");
    group.throughput(Throughput::Elements(FOLLOWERS));
    group.bench_function("one entry to 500 followers, pushed and taken", |bench| {
        bench.iter(|| {
            for follower in &followers {
                black_box(follower.push(frame.clone()));
            }
            for follower in &followers {
                take(follower);
            }
        });
    });
    group.finish();

    let one = open();
    criterion.bench_function("one frame pushed and taken", |bench| {
        bench.iter(|| {
            black_box(one.push(frame.clone()));
            take(&one);
        });
    });
    criterion.bench_function("a backlog of 64 frames pushed, and taken as one write", |bench| {
        bench.iter(|| {
            for _ in 0..64 {
                black_box(one.push(frame.clone()));
            }
            take(&one);
        });
    });
}

criterion_group!(benches, fan_out);
criterion_main!(benches);
