use std::fmt::Display;

use kabar_chats::{InvalidClientId, InvalidEmoji, InvalidMessageBody};
use kabar_groups::InvalidGroupText;
use kabar_kernel::TextFlaw;
use kabar_notifications::InvalidQuietHours;
use kabar_users::{InvalidDisplayName, InvalidPassword, InvalidUsername};
use kabar_wire::FieldError;

use super::{Problem, ProblemCode};

/// Why a domain did not take a value; its `Display` is the message for people.
pub(crate) trait Flaw: Display {
    /// The same for programs.
    fn code(&self) -> &'static str;
}

impl Flaw for TextFlaw {
    fn code(&self) -> &'static str {
        match self {
            Self::Empty => "empty",
            Self::TooLong { .. } => "too_long",
            Self::Forbidden => "forbidden_character",
        }
    }
}

impl Flaw for InvalidUsername {
    fn code(&self) -> &'static str {
        match self {
            Self::Length => "length",
            Self::Character => "forbidden_character",
        }
    }
}

impl Flaw for InvalidPassword {
    fn code(&self) -> &'static str {
        match self {
            Self::Length => "length",
            Self::Common => "common",
        }
    }
}

impl Flaw for InvalidDisplayName {
    fn code(&self) -> &'static str {
        self.0.code()
    }
}

impl Flaw for InvalidMessageBody {
    fn code(&self) -> &'static str {
        self.0.code()
    }
}

impl Flaw for InvalidGroupText {
    fn code(&self) -> &'static str {
        self.0.code()
    }
}

impl Flaw for InvalidClientId {
    fn code(&self) -> &'static str {
        "invalid"
    }
}

impl Flaw for InvalidEmoji {
    fn code(&self) -> &'static str {
        "invalid"
    }
}

impl Flaw for InvalidQuietHours {
    fn code(&self) -> &'static str {
        match self {
            Self::Time | Self::Zone => "invalid",
            Self::Empty => "empty",
        }
    }
}

/// Gathers what is wrong with the values of one request, so that a client learns all of it at once.
#[derive(Debug, Default)]
pub(crate) struct Fields(Vec<FieldError>);

impl Fields {
    /// Nothing wrong so far.
    pub(crate) const fn new() -> Self {
        Self(Vec::new())
    }

    /// The parsed value, or `None` when it was refused, which is noted.
    pub(crate) fn take<T>(
        &mut self,
        field: &'static str,
        parsed: Result<T, impl Flaw>,
    ) -> Option<T> {
        parsed
            .map_err(|flaw| {
                self.0.push(FieldError {
                    field: field.to_owned(),
                    code: flaw.code(),
                    message: flaw.to_string(),
                });
            })
            .ok()
    }

    /// The problem, once a value was refused.
    pub(crate) fn into_problem(self) -> Problem {
        Problem::new(ProblemCode::RequestInvalid).errors(self.0)
    }
}

impl Problem {
    /// One value that a domain did not take.
    pub(crate) fn flawed(field: &'static str, flaw: &impl Flaw) -> Self {
        Self::field(field, flaw.code(), flaw.to_string())
    }
}

impl From<garde::Report> for Problem {
    fn from(report: garde::Report) -> Self {
        let errors = report
            .into_inner()
            .into_iter()
            .map(|(path, error)| FieldError {
                field: path.to_string(),
                code: if error.message().starts_with("length") { "length" } else { "invalid" },
                message: error.message().to_owned(),
            })
            .collect();
        Self::new(ProblemCode::RequestInvalid).errors(errors)
    }
}
