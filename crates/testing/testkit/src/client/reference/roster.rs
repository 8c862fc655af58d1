//! What entries do to a group and its members.

use anyhow::{Context as _, ensure};
use serde_json::Value;

use super::{
    json::text,
    picture::{Cursor, Member, Picture},
};

impl Picture {
    pub(super) fn created(&mut self, by: &str, at: &str, about: &Value) -> anyhow::Result<()> {
        ensure!(self.head == 0, "a group is made once");
        self.name = Some(text(about, "/name")?.to_owned());
        self.description = Some(text(about, "/description")?.to_owned());
        let owner = Member { role: "owner".to_owned(), joined_at: Some(at.to_owned()) };
        self.members.insert(by.to_owned(), owner);
        Ok(())
    }

    pub(super) fn updated(&mut self, about: &Value) -> anyhow::Result<()> {
        let field = |name| about.get(name).and_then(Value::as_str).map(str::to_owned);
        let (name, description) = (field("name"), field("description"));
        ensure!(name.is_some() || description.is_some(), "nothing of the group changed");
        ensure!(self.name.is_some(), "a direct conversation has no name");
        self.name = name.or(self.name.take());
        self.description = description.or(self.description.take());
        Ok(())
    }

    pub(super) fn joined(&mut self, me: &str, at: &str, about: &Value) -> anyhow::Result<()> {
        let user = text(about, "/user_id")?;
        let member =
            Member { role: text(about, "/role")?.to_owned(), joined_at: Some(at.to_owned()) };
        let before = self.members.insert(user.to_owned(), member);
        ensure!(before.is_none(), "was a member already");
        if user == me {
            // A new member has read everything.
            let last = self.last_seq();
            self.cursor = Cursor { read_seq: last, delivered_seq: last, marked_unread: false };
        }
        Ok(())
    }

    pub(super) fn left(&mut self, by: &str, about: &Value) -> anyhow::Result<()> {
        ensure!(text(about, "/user_id")? == by, "one leaves by oneself");
        self.gone(about)
    }

    pub(super) fn removed(&mut self, by: &str, about: &Value) -> anyhow::Result<()> {
        ensure!(text(about, "/user_id")? != by, "one is removed by another");
        self.gone(about)
    }

    pub(super) fn role_changed(&mut self, about: &Value) -> anyhow::Result<()> {
        let role = text(about, "/role")?;
        let member = self.members.get_mut(text(about, "/user_id")?).context("was no member")?;
        ensure!(member.role != role, "had this role already");
        role.clone_into(&mut member.role);
        Ok(())
    }

    fn gone(&mut self, about: &Value) -> anyhow::Result<()> {
        self.members.remove(text(about, "/user_id")?).context("was no member")?;
        Ok(())
    }
}
