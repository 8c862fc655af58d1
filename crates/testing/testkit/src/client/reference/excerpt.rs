/// How a quote shows a text: its first 200 characters.
pub(super) fn excerpt(text: &str) -> String {
    text.chars().take(200).collect()
}
