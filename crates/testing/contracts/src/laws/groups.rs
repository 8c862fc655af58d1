//! `GroupStore` and `Roster`.

use kabar_chats::{ConversationKind, Entry, Event, Mentions, Standing};
use kabar_groups::{Group, Member, ports::MemberCursor};
use kabar_kernel::{ConversationId, Page, PageSize, Pos, Role, UserId};

use crate::{
    Stores,
    scene::{Scene, hash, page},
};

async fn members(
    scene: &Scene,
    group: ConversationId,
    reader: UserId,
    after: Option<MemberCursor>,
    size: PageSize,
) -> Option<Page<Member>> {
    scene.groups.members(group, reader, after, size).await.unwrap()
}

/// `create` writes the conversation, its roster and its first entries (`group.created` at position
/// 1, then one `member.joined` for each further member).
pub async fn a_group_begins_with_its_entries(stores: Stores) {
    let scene = Scene::on(stores);
    let people = scene.people(4).await;
    // The owner's id is not the first, and the members are not in the order of their ids.
    let group = scene.new_group(&[people[3], people[0], people[2]]);
    let act = scene.act(people[1]);
    scene.groups.create(&group, act).await.unwrap();
    let entry = |pos, event| Entry {
        conversation: group.id,
        pos: Pos::new(pos),
        at: act.at,
        by: act.by,
        event,
    };
    let joined = |user| Event::MemberJoined { user, role: Role::Member };
    let created = Event::GroupCreated {
        name: group.name.as_str().to_owned(),
        description: group.description.as_str().to_owned(),
    };
    assert_eq!(
        scene.log_of(group.id).await,
        [
            entry(1, created),
            entry(2, joined(people[3])),
            entry(3, joined(people[0])),
            entry(4, joined(people[2])),
        ]
    );
    let seen = scene.conversations.by_id(group.id, people[1]).await.unwrap().unwrap();
    assert_eq!((seen.state.kind, seen.state.head.get()), (ConversationKind::Group, 4));
    assert_eq!((seen.state.last_seq.get(), seen.state.unread), (0, 0));
    assert_eq!((seen.created_at, seen.active_at), (act.at, act.at));
    assert_eq!((seen.role, seen.member_count), (Role::Owner, 4));
    for user in &people {
        let role = if *user == people[1] { Role::Owner } else { Role::Member };
        assert_eq!(
            scene.groups.by_id(group.id, *user).await.unwrap(),
            Some(Group {
                id: group.id,
                name: group.name.clone(),
                description: group.description.clone(),
                created_at: act.at,
                member_count: 4,
                role,
            })
        );
    }
}

/// The first entries of a group reach the live feed after its commit.
pub async fn a_new_groups_entries_are_announced(stores: Stores) {
    let scene = Scene::on(stores);
    let people = scene.people(4).await;
    let group = scene.group(people[0], &people[1..]).await;
    let alone = scene.group(people[0], &[]).await;
    let heard = scene.heard.until("five entries", |heard| heard.entries.len() >= 5).await;
    assert_eq!(heard.of(group), scene.log_of(group).await);
    assert_eq!(heard.of(alone), scene.log_of(alone).await);
    assert_eq!(heard.entries.len(), 5);
}

/// `by_id` and `members` answer `None` for whoever is not a member now, as for an unknown group or
/// a direct conversation.
pub async fn a_group_is_unknown_to_whoever_is_not_a_member(stores: Stores) {
    let scene = Scene::on(stores);
    let people = scene.people(4).await;
    let group = scene.group(people[0], &people[1..3]).await;
    let direct = scene.direct(people[0], people[1]).await;
    scene.remove(group, people[2], people[0]).await;
    assert!(scene.groups.by_id(group, people[1]).await.unwrap().is_some());
    assert!(members(&scene, group, people[1], None, page(5)).await.is_some());
    for (id, reader) in
        [(group, people[2]), (group, people[3]), (direct, people[0]), (scene.id(), people[0])]
    {
        assert_eq!(scene.groups.by_id(id, reader).await.unwrap(), None);
        assert_eq!(members(&scene, id, reader, None, page(5)).await, None);
    }
}

/// `members` is by the moment of joining, then by id; each page goes on after the cursor.
pub async fn members_are_by_joining_then_id_and_page(stores: Stores) {
    let scene = Scene::on(stores);
    let people = scene.people(14).await;
    // Several join at one moment, in an order that is not that of their ids.
    let group = scene.group(people[13], &[people[4], people[2], people[7], people[9]]).await;
    scene.add(group, &[people[12], people[0], people[5]], people[13]).await;
    scene.add(group, &[people[6], people[3], people[1]], people[13]).await;
    let order = [2, 4, 7, 9, 13, 0, 5, 12, 1, 3, 6];
    let expected: Vec<UserId> = order.into_iter().map(|index| people[index]).collect();
    for size in [1, 3, 10, 11, 12] {
        let mut seen: Vec<Member> = Vec::new();
        loop {
            let after = seen
                .last()
                .map(|member| MemberCursor { joined_at: member.joined_at, user: member.user });
            let found = members(&scene, group, people[0], after, page(size)).await.unwrap();
            assert!(found.items.len() <= usize::from(size), "more than was asked for");
            let repeated = |member: &Member| after.is_some_and(|cursor| cursor.user == member.user);
            assert!(!found.items.iter().any(repeated), "repeats its cursor");
            let full = found.items.len() == usize::from(size);
            seen.extend(found.items);
            if !found.has_more {
                break;
            }
            assert!(full, "a page in the middle is full");
        }
        assert_eq!(
            seen.iter().map(|member| member.user).collect::<Vec<_>>(),
            expected,
            "pages of {size}"
        );
        for member in seen {
            let owner = member.user == people[13];
            assert_eq!(member.role, if owner { Role::Owner } else { Role::Member });
        }
    }
}

/// A direct conversation and an unknown id cannot be changed as a group.
pub async fn a_direct_conversation_is_no_group(stores: Stores) {
    let scene = Scene::on(stores);
    let (ayu, budi) = (scene.user("ayu").await, scene.user("budi").await);
    let direct = scene.direct(ayu, budi).await;
    assert!(scene.groups.begin(direct).await.unwrap().is_none());
    assert!(scene.groups.begin(scene.id()).await.unwrap().is_none());
}

/// `standing` is `None` for whoever is not a member, as for an unknown conversation.
pub async fn a_standing_is_of_members_only(stores: Stores) {
    let scene = Scene::on(stores);
    let people = scene.people(3).await;
    let direct = scene.direct(people[0], people[1]).await;
    let group = scene.group(people[0], &[people[1]]).await;
    let of = async |conversation, user| {
        let standing: Option<Standing> = scene.standing(conversation, user).await;
        standing.map(|standing| (standing.kind, standing.role))
    };
    let (is_direct, is_group) = (ConversationKind::Direct, ConversationKind::Group);
    assert_eq!(of(direct, people[0]).await, Some((is_direct, Role::Member)));
    assert_eq!(of(direct, people[1]).await, Some((is_direct, Role::Member)));
    assert_eq!(of(group, people[0]).await, Some((is_group, Role::Owner)));
    assert_eq!(of(group, people[1]).await, Some((is_group, Role::Member)));
    // Asked twice, so that an answer from a cache is asked for too.
    for _ in 0..2 {
        assert_eq!(of(direct, people[2]).await, None);
        assert_eq!(of(group, people[2]).await, None);
        assert_eq!(of(scene.id(), people[0]).await, None);
    }
}

/// On the node that changed a roster, `standing` answers the new one once the change is committed.
pub async fn a_standing_follows_every_committed_change(stores: Stores) {
    let scene = Scene::on(stores);
    let people = scene.people(3).await;
    let group = scene.group(people[0], &[people[1]]).await;
    for _ in 0..10 {
        assert_eq!(scene.standing(group, people[2]).await, None);
        scene.add(group, &[people[2]], people[0]).await;
        let joined = scene.standing(group, people[2]).await.expect("added");
        assert_eq!(joined.role, Role::Member);
        let mut tx = scene.begin(group).await;
        tx.set_role(people[2], Role::Admin, scene.act(people[0])).await.unwrap();
        tx.commit().await.unwrap();
        let raised = scene.standing(group, people[2]).await.expect("still there");
        assert_eq!(raised.role, Role::Admin);
        assert!(raised.roster > joined.roster);
        let other = scene.standing(group, people[1]).await.expect("still there");
        assert_eq!(other.roster, raised.roster, "one roster has one version");
        scene.remove(group, people[2], people[0]).await;
    }
}

/// `named` answers one user for each group of spellings, in the order given: the active account that has
/// the first of them that is a member's username; nobody twice, and nobody who is no member.
pub async fn named_are_members_by_the_first_spelling_that_is_one(stores: Stores) {
    let scene = Scene::on(stores);
    let ayu = scene.user("ayu").await;
    let ayu_dot = scene.user("ayu.").await;
    let budi = scene.user("budi").await;
    let stranger = scene.user("citra").await;
    let dotted_stranger = scene.user("budi.").await;
    let mut gone = scene.account("gone");
    gone.deactivated_at = Some(scene.now());
    scene.users.create(&gone, &hash("first")).await.unwrap();
    let group = scene.group(ayu, &[budi, ayu_dot, gone.id]).await;
    let direct = scene.direct(budi, dotted_stranger).await;
    let named = async |conversation, names: &[&[&str]]| {
        let names: Vec<Vec<String>> = names
            .iter()
            .map(|spellings| spellings.iter().map(|name| (*name).to_owned()).collect())
            .collect();
        scene.roster.named(conversation, &names).await.unwrap()
    };
    assert_eq!(named(group, &[]).await, []);
    assert_eq!(named(group, &[&["budi"], &["ayu"]]).await, [budi, ayu], "in the order given");
    assert_eq!(named(group, &[&["ayu.", "ayu"]]).await, [ayu_dot], "the longer one is a member");
    assert_eq!(named(group, &[&["budi.", "budi"]]).await, [budi], "the longer one is none");
    assert_eq!(named(direct, &[&["budi.", "budi"]]).await, [dotted_stranger], "there it is one");
    assert_eq!(named(group, &[&["ayu..", "ayu.", "ayu"]]).await, [ayu_dot]);
    let twice: &[&[&str]] = &[&["budi"], &["budi-", "budi"], &["ayu"], &["budi.", "budi"]];
    assert_eq!(named(group, twice).await, [budi, ayu], "nobody twice");
    let nobody: &[&[&str]] = &[&["citra"], &["nobody.", "nobody"], &["gone"], &["a%"], &["ay_"]];
    assert_eq!(named(group, nobody).await, []);
    assert_eq!(named(group, &[&["citra"], &["ayu"], &["gone"], &["budi"]]).await, [ayu, budi]);
    assert_eq!(named(scene.id(), &[&["ayu"]]).await, []);
    assert_eq!(named(direct, &[&["ayu"]]).await, []);
    // It follows the roster, and takes as many names as a message may call.
    scene.remove(group, budi, ayu).await;
    assert_eq!(named(group, &[&["budi"], &["ayu"]]).await, [ayu]);
    scene.add(group, &[budi, stranger], ayu).await;
    assert_eq!(named(group, &[&["citra"], &["budi"]]).await, [stranger, budi]);
    let mut many: Vec<UserId> = Vec::new();
    for number in 0..Mentions::MAX {
        many.push(scene.user(&format!("many-{number}")).await);
    }
    scene.add(group, &many, ayu).await;
    let names: Vec<Vec<String>> = (0..Mentions::MAX)
        .rev()
        .map(|number| ["-.", "-", ""].map(|end| format!("many-{number}{end}")).to_vec())
        .collect();
    many.reverse();
    assert_eq!(scene.roster.named(group, &names).await.unwrap(), many);
}
