//! What an access token costs: every request and every socket that opens verifies one.

#![expect(clippy::expect_used, reason = "a benchmark whose scene cannot be set has to fail")]

use std::{hint::black_box, sync::Arc, time::Duration};

use criterion::{Criterion, criterion_group, criterion_main};
use kabar_credentials::{HmacRefreshSecrets, JwtAccessTokens, KeyRing};
use kabar_kernel::{
    Clock as _, IdSource as _, SessionId, SystemClock, SystemIds, SystemSecrets, UserId,
};
use kabar_users::{
    AccessClaims, RefreshSecret,
    ports::{AccessTokens as _, RefreshSecrets as _},
};

fn tokens(criterion: &mut Criterion) {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let ring = KeyRing::open(folder.path(), &SystemIds, &SystemSecrets).expect("a key ring");
    let refresh = HmacRefreshSecrets::new(&ring);
    let tokens = JwtAccessTokens::new(
        Arc::new(ring),
        "https://chat.example".to_owned(),
        "kabar".to_owned(),
        Arc::new(SystemClock),
        Arc::new(SystemIds),
    );
    let now = SystemClock.now();
    let claims = AccessClaims {
        user: UserId::new(SystemIds.next_id()),
        session: SessionId::new(SystemIds.next_id()),
        issued_at: now,
        expires_at: now.after(Duration::from_secs(600)),
    };
    let token = tokens.issue(&claims).expect("a token");
    let secret = RefreshSecret::new([7; 32]);

    criterion.bench_function("issue an access token", |bench| {
        bench.iter(|| tokens.issue(black_box(&claims)).is_ok());
    });
    criterion.bench_function("verify an access token", |bench| {
        bench.iter(|| tokens.verify(black_box(token.as_str())).is_ok());
    });
    criterion.bench_function("derive and digest a refresh successor", |bench| {
        bench.iter(|| refresh.digest(&refresh.successor(black_box(&secret))));
    });
}

criterion_group!(benches, tokens);
criterion_main!(benches);
