//! Who may do what in a group: pure functions.
//!
//! | | member | moderator | admin | owner |
//! |---|---|---|---|---|
//! | read, post, leave | yes | yes | yes | yes |
//! | remove members | no | below own role | below own role | anybody |
//! | rename, describe, add members | no | no | yes | yes |
//! | give a role | no | no | below own role to members below own role | any to anybody |

use kabar_kernel::Role;

/// Whether one may change the group's name and description.
pub fn may_change_group(actor: Role) -> bool {
    actor >= Role::Admin
}

/// Whether one may add members.
pub fn may_add_members(actor: Role) -> bool {
    actor >= Role::Admin
}

/// Whether one may remove a member with the role `target`, who is not oneself.
pub fn may_remove(actor: Role, target: Role) -> bool {
    actor == Role::Owner || (actor >= Role::Moderator && actor > target)
}

/// Whether one may change a member's role from `from` to `to`. For oneself too: an owner may step
/// down, and nobody may rise.
pub fn may_change_role(actor: Role, from: Role, to: Role) -> bool {
    actor == Role::Owner || (actor >= Role::Admin && actor > from && actor > to)
}

/// Whether the group stays governed when one owner of `owners` among `members` goes or steps down:
/// another owner remains, or nobody does.
pub const fn owner_may_go(owners: u32, members: u32) -> bool {
    owners > 1 || members == 1
}

/// Whether an owner may step down: another owner remains.
pub const fn owner_may_step_down(owners: u32) -> bool {
    owners > 1
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn role() -> impl Strategy<Value = Role> {
        prop_oneof![Just(Role::Member), Just(Role::Moderator), Just(Role::Admin), Just(Role::Owner)]
    }

    proptest! {
        #[test]
        fn nobody_but_an_owner_touches_equals_or_betters(actor in role(), target in role(), to in role()) {
            if actor != Role::Owner && target >= actor {
                prop_assert!(!may_remove(actor, target));
                prop_assert!(!may_change_role(actor, target, to));
            }
        }

        #[test]
        fn nobody_but_an_owner_gives_a_role_as_high_as_their_own(actor in role(), from in role(), to in role()) {
            if actor != Role::Owner && to >= actor {
                prop_assert!(!may_change_role(actor, from, to));
            }
        }

        #[test]
        fn a_higher_role_may_do_what_a_lower_one_may(low in role(), high in role(), a in role(), b in role()) {
            prop_assume!(low <= high);
            prop_assert!(may_change_group(high) >= may_change_group(low));
            prop_assert!(may_add_members(high) >= may_add_members(low));
            prop_assert!(may_remove(high, a) >= may_remove(low, a));
            prop_assert!(may_change_role(high, a, b) >= may_change_role(low, a, b));
        }
    }

    #[test]
    fn the_last_owner_stays_unless_nobody_else_does() {
        assert!(!owner_may_go(1, 2));
        assert!(owner_may_go(1, 1));
        assert!(owner_may_go(2, 2));
        assert!(!owner_may_step_down(1));
    }

    #[test]
    fn a_plain_member_governs_nothing() {
        assert!(!may_change_group(Role::Member));
        assert!(!may_add_members(Role::Moderator));
        assert!(!may_remove(Role::Member, Role::Member));
        assert!(!may_change_role(Role::Moderator, Role::Member, Role::Member));
    }
}
