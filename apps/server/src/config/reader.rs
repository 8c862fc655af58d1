//! Takes the settings out of what file and environment say, and gathers everything that is wrong.

use std::{collections::BTreeSet, fs, path::PathBuf};

use figment::{
    Figment, Metadata, Profile, Provider, Source,
    providers::{Format as _, Toml},
    value::{Dict, Map, Value},
};

use super::{declare, setting::Setting, sources::Sources};

/// What a setting that names the file of a secret ends in.
pub(super) const FILE_SUFFIX: &str = "_file";

/// Gathers values and flaws.
pub(super) struct Reader {
    figment: Figment,
    known: BTreeSet<String>,
    flaws: Vec<String>,
}

impl Reader {
    /// Opens the sources, the environment over the file.
    pub(super) fn new(sources: &Sources) -> Self {
        let mut flaws = Vec::new();
        let mut figment = Figment::new();
        if let Some(file) = configuration_file(sources, &mut flaws) {
            let toml = Toml::file_exact(&file);
            match toml.data() {
                Ok(_) => figment = figment.merge(toml),
                Err(error) => flaws.extend(
                    error.into_iter().map(|error| format!("{}: {}", file.display(), error.kind)),
                ),
            }
        }
        figment = figment.merge(Environment::new(&sources.environment));
        Self { figment, known: BTreeSet::new(), flaws }
    }

    /// The value of a setting; `None` when it is not set, or not as it must be (noted).
    pub(super) fn read<T: Setting>(&mut self, section: &str, field: &str) -> Option<T> {
        let name = declare::name(section, field);
        let value = self.find(&name);
        if T::SECRET {
            let from_file = self.secret_file(&name);
            if value.is_some() && from_file.is_some() {
                self.flaws.push(format!("{name} and {name}{FILE_SUFFIX} are both set"));
                return None;
            }
            if let Some(text) = from_file {
                return self.parse(&format!("{name}{FILE_SUFFIX}"), &Value::from(text));
            }
        }
        let value = value?;
        let written = self.written(&name, &value);
        self.parse(&written, &value)
    }

    /// The same, within bounds.
    pub(super) fn read_within<T: Setting + PartialOrd>(
        &mut self,
        section: &str,
        field: &str,
        least: &T,
        greatest: &T,
    ) -> Option<T> {
        let value = self.read::<T>(section, field)?;
        if (least..=greatest).contains(&&value) {
            return Some(value);
        }
        let name = declare::name(section, field);
        let written = self.find(&name).map_or(name.clone(), |value| self.written(&name, &value));
        let (least, greatest, shown) = (least.show(), greatest.show(), value.show());
        self.flaws.push(format!("{written} must be {least} to {greatest}, not {shown}"));
        None
    }

    /// Notes something that is wrong.
    pub(super) fn note(&mut self, flaw: String) {
        self.flaws.push(flaw);
    }

    /// Everything that was wrong, names that nobody asked for included.
    pub(super) fn finish(mut self) -> Vec<String> {
        let mut unknown = Vec::new();
        if let Ok(data) = self.figment.data() {
            for dict in data.values() {
                self.collect_unknown("", dict, &mut unknown);
            }
        }
        self.flaws.extend(unknown);
        self.flaws
    }

    fn find(&mut self, name: &str) -> Option<Value> {
        self.known.insert(name.to_owned());
        self.figment.find_value(name).ok()
    }

    fn parse<T: Setting>(&mut self, written: &str, value: &Value) -> Option<T> {
        match T::read(value) {
            Ok(setting) => Some(setting),
            Err(flaw) => {
                self.flaws.push(format!("{written} {flaw}"));
                None
            }
        }
    }

    /// What the file says that `<name>_file` names.
    fn secret_file(&mut self, name: &str) -> Option<String> {
        let name = format!("{name}{FILE_SUFFIX}");
        let value = self.find(&name)?;
        let written = self.written(&name, &value);
        let path: Option<PathBuf> = self.parse(&written, &value);
        match fs::read_to_string(path?) {
            // Editors and `echo` end a file with a line break that is not part of the secret.
            Ok(text) => Some(text.trim_end_matches(['\r', '\n']).to_owned()),
            Err(error) => {
                self.flaws.push(format!("{written}: {error}"));
                None
            }
        }
    }

    /// A setting's name as whoever wrote it would find it again.
    fn written(&self, name: &str, value: &Value) -> String {
        match self.figment.get_metadata(value.tag()) {
            Some(metadata) if metadata.name == Environment::NAME => Environment::variable(name),
            Some(Metadata { source: Some(Source::File(path)), .. }) => {
                format!("{name} in {}", path.display())
            }
            _ => name.to_owned(),
        }
    }

    fn collect_unknown(&self, prefix: &str, dict: &Dict, unknown: &mut Vec<String>) {
        for (key, value) in dict {
            let name = declare::name(prefix, key);
            if self.known.contains(&name) {
                continue;
            }
            let is_section = self
                .known
                .iter()
                .any(|known| known.strip_prefix(&name).is_some_and(|rest| rest.starts_with('.')));
            match value {
                Value::Dict(_, inner) if is_section => self.collect_unknown(&name, inner, unknown),
                _ if is_section => unknown.push(format!(
                    "{} is a section of settings, not a setting",
                    self.written(&name, value)
                )),
                _ => {
                    let written = self.written(&name, first_leaf(value));
                    unknown.push(match self.nearest(&name) {
                        Some(nearest) => {
                            format!("{written} is not a setting; did you mean {nearest}?")
                        }
                        None => format!("{written} is not a setting"),
                    });
                }
            }
        }
    }

    fn nearest(&self, name: &str) -> Option<&str> {
        self.known
            .iter()
            .map(|known| (distance(known, name), known))
            .min()
            .filter(|(distance, _)| *distance <= 3)
            .map(|(_, known)| known.as_str())
    }
}

/// A value of a file or the environment has its source at the leaves only.
fn first_leaf(value: &Value) -> &Value {
    match value {
        Value::Dict(_, dict) => dict.values().next().map_or(value, first_leaf),
        _ => value,
    }
}

fn configuration_file(sources: &Sources, flaws: &mut Vec<String>) -> Option<PathBuf> {
    let path = sources.file.as_ref()?;
    match (path.is_file(), sources.file_is_required) {
        (true, _) => Some(path.clone()),
        (false, true) => {
            flaws.push(format!("there is no configuration file {}", path.display()));
            None
        }
        (false, false) => None,
    }
}

/// The settings in the environment.
///
/// Names that begin with `KABAR_` and one underscore only are not looked at: an orchestrator makes
/// such names on its own (`KABAR_SERVICE_HOST`).
struct Environment {
    data: Dict,
}

impl Environment {
    const NAME: &'static str = "environment";
    const PREFIX: &'static str = "KABAR__";

    fn new(variables: &[(String, String)]) -> Self {
        let mut data = Dict::new();
        for (variable, value) in variables {
            let name = match variable.strip_prefix(Self::PREFIX) {
                Some(name) => name.to_lowercase(),
                None => continue,
            };
            insert(&mut data, &name.split("__").collect::<Vec<_>>(), value);
        }
        // The name that every host of databases sets; the full name goes before it.
        let database = variables.iter().find(|(variable, _)| variable == "DATABASE_URL");
        if let Some((_, url)) = database.filter(|(_, url)| !url.is_empty()) {
            let names = |key| matches!(data.get("database"), Some(Value::Dict(_, dict)) if dict.contains_key(key));
            if !names("url") && !names("url_file") {
                insert(&mut data, &["database", "url"], url);
            }
        }
        Self { data }
    }

    fn variable(name: &str) -> String {
        format!("{}{}", Self::PREFIX, name.to_uppercase().replace('.', "__"))
    }
}

fn insert(dict: &mut Dict, path: &[&str], text: &str) {
    match path {
        [] => {}
        [key] => {
            dict.insert((*key).to_owned(), Value::from(text));
        }
        [key, rest @ ..] => {
            let inner = dict.entry((*key).to_owned()).or_insert_with(|| Value::from(Dict::new()));
            if let Value::Dict(_, inner) = inner {
                insert(inner, rest, text);
            }
        }
    }
}

impl Provider for Environment {
    fn metadata(&self) -> Metadata {
        Metadata::named(Self::NAME)
    }

    fn data(&self) -> Result<Map<Profile, Dict>, figment::Error> {
        Ok(Map::from([(Profile::Default, self.data.clone())]))
    }
}

/// How many letters must be changed, added or left out to make one of the other (Levenshtein).
fn distance(one: &str, other: &str) -> usize {
    let mut row: Vec<usize> = (0..=other.chars().count()).collect();
    for (line, a) in one.chars().enumerate() {
        let mut diagonal = line;
        let mut left = line + 1;
        if let Some(first) = row.first_mut() {
            *first = left;
        }
        for (cell, b) in row.iter_mut().skip(1).zip(other.chars()) {
            let above = *cell;
            let replaced = diagonal + usize::from(a != b);
            left = replaced.min(above + 1).min(left + 1);
            *cell = left;
            diagonal = above;
        }
    }
    row.last().copied().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_distance_of_words_is_counted_in_letters() {
        assert_eq!(distance("http.port", "http.port"), 0);
        assert_eq!(distance("http.port", "http.prot"), 2);
        assert_eq!(distance("", "abc"), 3);
        assert_eq!(distance("kitten", "sitting"), 3);
    }
}
