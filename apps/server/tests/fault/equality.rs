//! Members do whatever they may to a group and to a direct conversation, all at once, over HTTP and
//! over sockets. Whoever followed live, came back after being away, or paged the log, has in the end
//! what the server shows; and what was edited away or deleted is shown nowhere.

mod actor;
mod follower;
mod visits;
mod world;

use std::{collections::BTreeSet, slice};

use kabar_testkit::client::{Account, HttpClient, WsClient};
use reqwest::Method;
use serde_json::{Value, json};

use self::{
    actor::{Actor, Place},
    follower::{Follower, snapshots},
    visits::stays_are_whole,
    world::World,
};
use crate::{Subject, dice::Dice};

/// Groups, one after the other, each with a log that a replay holds.
const GROUPS: u64 = 3;
const ROUNDS: u64 = 8;
/// What each member does in a round.
const STEPS: u64 = 5;

/// The first three follow, and stay members; the others come and go.
const NAMES: [&str; 6] = ["ayu", "budi", "citra", "dewi", "eko", "fitri"];

/// Three followers and what they do besides.
struct Cast {
    group: String,
    direct: String,
    world: World,
    actors: Vec<Actor>,
    live: Follower,
    live_socket: WsClient,
    away: Follower,
    pager: Follower,
    dice: Dice,
}

impl Cast {
    async fn gather(base: &str, http: &HttpClient, seed: u64) -> Self {
        let mut accounts = Vec::new();
        for name in NAMES {
            accounts.push(http.register(&format!("{name}{seed}")).await.unwrap());
        }
        let [ayu, budi, citra, ..] = &accounts[..] else { panic!("six are there") };
        let ids: Vec<&str> = accounts[1..].iter().map(|account| account.id.as_str()).collect();
        let group = ayu.http.create_group("Climbing", &ids).await.unwrap();
        let direct = ayu.http.open_direct(&budi.id).await.unwrap();
        let both = [group.clone(), direct.clone()];
        let live_socket = WsClient::ready(base, &ayu.access_token).await.unwrap();
        let live = Follower::of(ayu, &both).await;
        let mut away = Follower::of(budi, &both).await;
        // Only a client that was there once knows since when it was away.
        drop(away.come_back(base).await);
        let pager = Follower::of(citra, &both[..1]).await;
        let mut actors = Vec::new();
        for (account, number) in accounts.iter().zip(1..) {
            let place = Place {
                group: group.clone(),
                direct: if number <= 2 { Some(direct.clone()) } else { None },
                people: accounts[3..].iter().map(|account| account.id.clone()).collect(),
                names: accounts.iter().map(|account| account.username.clone()).collect(),
                stays: number <= 3,
            };
            let socket = WsClient::ready(base, &account.access_token).await.unwrap();
            actors.push(Actor::new(account.clone(), socket, place, Dice::new(seed * 10 + number)));
        }
        let (world, dice) = (World::default(), Dice::new(seed * 10));
        Self { group, direct, world, actors, live, live_socket, away, pager, dice }
    }

    /// Everybody acts at once, while whoever was away comes back or stays away, and the pager reads.
    async fn round(&mut self, base: &str) {
        let (comes, pages) = (self.dice.between(0, 2) == 0, self.dice.between(0, 1) == 0);
        let (page, goes) = (self.dice.between(1, 40), self.dice.between(3, 5));
        let goes = self.actors[usize::try_from(goes).unwrap()].account.clone();
        let leaves = self.dice.between(0, 1) == 0;
        let Self { world, actors, away, pager, .. } = self;
        let acting = futures_util::future::join_all(actors.iter_mut().map(|actor| async {
            for _ in 0..STEPS {
                actor.act(world).await;
            }
        }));
        let returning = async { if comes { Some(away.come_back(base).await) } else { None } };
        let paging = async {
            if pages {
                pager.page(page).await;
            }
        };
        let governing = govern(&self.live.account.http, &self.group, &goes, leaves);
        let (_, socket, (), ()) = tokio::join!(acting, returning, paging, governing);
        for actor in actors.iter_mut() {
            let is_pager = actor.account.id == pager.account.id;
            actor.cursors.drain(..).filter(|_| is_pager).for_each(|cursor| pager.told(&cursor));
        }
        self.live.agrees_after(&self.live_socket).await;
        if let Some(socket) = socket {
            self.away.agrees_after(&socket).await;
        }
        if self.dice.between(0, 2) == 0 {
            self.pager.page(100).await;
            self.pager.agrees().await;
        }
    }

    /// Everything that is left of the whole, by whichever way it is read; answers which types of
    /// entries there are, and how often somebody came back into the group.
    async fn end(mut self, base: &str) -> (BTreeSet<String>, usize) {
        let socket = self.away.come_back(base).await;
        self.away.agrees_after(&socket).await;
        // While nobody is there, a cursor moves and nothing else.
        drop(socket);
        let unread = format!("/v1/conversations/{}/unread", self.direct);
        let http = &self.away.account.http;
        http.send(http.request(Method::PUT, &unread)).await.unwrap().expect(200).unwrap();
        let socket = self.away.come_back(base).await;
        self.away.agrees_after(&socket).await;
        self.pager.page(100).await;
        self.pager.agrees().await;
        let (mut shown, mut present, mut types) = (Vec::new(), String::new(), BTreeSet::new());
        for follower in [&self.live, &self.away, &self.pager] {
            for (conversation, snapshot) in snapshots(follower).await {
                let entries = follower.account.http.all_entries(&conversation).await.unwrap();
                snapshot.explains(&entries).unwrap();
                present.push_str(&snapshot.bodies().join("\n"));
                types.extend(entries.iter().map(|entry| entry["type"].to_string()));
                shown.push(Value::from(entries));
            }
            let inbox = follower.account.http.get("/v1/notifications?limit=100").await.unwrap();
            shown.push(inbox.expect(200).unwrap());
        }
        // A new client that has nothing.
        let mut fresh = Follower::of_nothing(&self.live.account, slice::from_ref(&self.group));
        let socket = fresh.come_back(base).await;
        fresh.agrees_after(&socket).await;
        shown.extend(socket.events().into_iter().map(|event| event.content));

        let gone = self.world.texts().into_iter().filter(|text| !present.contains(text));
        let gone: Vec<String> = gone.collect();
        assert!(gone.len() > 10, "hardly anything was edited or deleted: {gone:?}");
        let shown = Value::from(shown).to_string();
        for text in gone {
            assert!(!shown.contains(&text), "{text} is gone, and shown all the same");
        }
        let stays = self.actors[3..]
            .iter()
            .map(|actor| stays_are_whole(&actor.socket.events(), &self.group))
            .sum();
        (types, stays)
    }
}

/// The owner lets somebody in, gives them a role and removes them, or they leave; whatever the others
/// do to them meanwhile.
async fn govern(owner: &HttpClient, group: &str, goes: &Account, leaves: bool) {
    let members = format!("/v1/groups/{group}/members");
    let member = format!("{members}/{}", goes.id);
    let add = json!({ "user_ids": [goes.id] });
    owner.post(&members, &add).await.unwrap().expect(200).unwrap();
    for role in ["moderator", "member"] {
        let answer = owner.patch(&member, &json!({ "role": role })).await.unwrap();
        assert!(matches!(answer.status, 200 | 404), "{}", answer.text);
    }
    let answer = if leaves {
        goes.http.send(goes.http.request(Method::POST, &format!("/v1/groups/{group}/leave"))).await
    } else {
        owner.delete(&member).await
    };
    let answer = answer.unwrap();
    assert!(matches!(answer.status, 204 | 404), "{}", answer.text);
    owner.post(&members, &add).await.unwrap().expect(200).unwrap();
}

async fn whoever_follows_has_what_the_server_shows(subject: Subject, seed: u64) {
    let (base, http) = (subject.server.base(), subject.server.http());
    let (mut types, mut stays) = (BTreeSet::new(), 0);
    for group in 0..GROUPS {
        let mut cast = Cast::gather(&base, &http, seed * 10 + group).await;
        for _ in 0..ROUNDS {
            cast.round(&base).await;
        }
        let (types_here, stays_here) = cast.end(&base).await;
        types.extend(types_here);
        stays += stays_here;
    }
    assert_eq!(types.len(), 13, "of every type of entry one: {types:?}");
    assert!(stays > 3, "hardly anybody came back: {stays}");
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_follows_has_what_the_server_shows_on_sqlite() {
    whoever_follows_has_what_the_server_shows(Subject::on_sqlite().await, 31).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_follows_has_what_the_server_shows_on_postgres() {
    whoever_follows_has_what_the_server_shows(Subject::on_postgres().await, 32).await;
}
