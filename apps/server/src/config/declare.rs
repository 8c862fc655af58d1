//! One declaration a setting: its field, default, bounds and description are written once, and
//! reading, showing and the reference are made of it.

/// What is known about a setting besides its value.
#[derive(Debug, Clone)]
pub(super) struct Declared {
    /// Its name in the file, with its section: `http.port`.
    pub(super) name: String,
    /// What to write.
    pub(super) kind: &'static str,
    /// Its default as it would be written.
    pub(super) default: String,
    /// The least and the greatest value allowed.
    pub(super) bounds: Option<(String, String)>,
    /// What it does.
    pub(super) description: String,
    /// Whether it is secret, and may be given by a file.
    pub(super) secret: bool,
}

/// A section of the configuration, for the reference.
#[derive(Debug, Clone)]
pub(super) struct DeclaredSection {
    /// Its name in the file; empty for what stands outside of any section.
    pub(super) key: &'static str,
    /// What it is about.
    pub(super) description: String,
    /// Its settings.
    pub(super) settings: Vec<Declared>,
}

/// The name of a setting in the file.
pub(super) fn name(section: &str, field: &str) -> String {
    if section.is_empty() { field.to_owned() } else { format!("{section}.{field}") }
}

/// The lines of a doc comment as one text.
pub(super) fn prose(lines: &[&str]) -> String {
    lines.iter().map(|line| line.trim()).collect::<Vec<_>>().join(" ").trim().to_owned()
}

/// Declares a section: `field: type = default;` or `field: type = default => least, greatest;`.
macro_rules! section {
    (
        $(#[doc = $section_doc:literal])+
        $name:ident, $key:literal;
        $(
            $(#[doc = $doc:literal])+
            $field:ident : $type:ty = $default:expr $(=> $least:expr, $greatest:expr)? ;
        )+
    ) => {
        $(#[doc = $section_doc])+
        #[derive(Debug, Clone, PartialEq)]
        pub struct $name {
            $( $(#[doc = $doc])+ pub $field: $type, )+
        }

        impl Default for $name {
            fn default() -> Self {
                Self { $( $field: $default, )+ }
            }
        }

        impl $name {
            fn read(reader: &mut $crate::config::reader::Reader) -> Self {
                Self {
                    $( $field: section!(
                        @read reader, $key, $field, $type, $default $(, $least, $greatest)?
                    ), )+
                }
            }

            fn shown(&self) -> Vec<(String, String)> {
                vec![$( (
                    $crate::config::declare::name($key, stringify!($field)),
                    $crate::config::setting::Setting::show(&self.$field),
                ), )+]
            }

            fn declared() -> $crate::config::declare::DeclaredSection {
                $crate::config::declare::DeclaredSection {
                    key: $key,
                    description: $crate::config::declare::prose(&[$($section_doc),+]),
                    settings: vec![$( $crate::config::declare::Declared {
                        name: $crate::config::declare::name($key, stringify!($field)),
                        kind: <$type as $crate::config::setting::Setting>::KIND,
                        default: <$type as $crate::config::setting::Setting>::show(&$default),
                        bounds: section!(@bounds $type $(, $least, $greatest)?),
                        description: $crate::config::declare::prose(&[$($doc),+]),
                        secret: <$type as $crate::config::setting::Setting>::SECRET,
                    }, )+],
                }
            }
        }
    };

    (@read $reader:ident, $key:literal, $field:ident, $type:ty, $default:expr) => {
        $reader.read::<$type>($key, stringify!($field)).unwrap_or_else(|| $default)
    };
    (@read $reader:ident, $key:literal, $field:ident, $type:ty, $default:expr, $least:expr, $greatest:expr) => {
        $reader
            .read_within::<$type>($key, stringify!($field), &$least, &$greatest)
            .unwrap_or_else(|| $default)
    };
    (@bounds $type:ty) => { None };
    (@bounds $type:ty, $least:expr, $greatest:expr) => {
        Some((
            <$type as $crate::config::setting::Setting>::show(&$least),
            <$type as $crate::config::setting::Setting>::show(&$greatest),
        ))
    };
}

pub(super) use section;
