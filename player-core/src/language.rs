//! Which of several languages suits a person best (RFC 4647). Pure.

/// Index of the tag that suits best, out of some that a playlist names: the first wish that any of them meets.
///
/// Wishes and tags are BCP 47. Each wish is looked up as RFC 4647 §3.4 says, cut shorter from its end until there is a tag
/// like it. Where there is none, the first tag that only says more than what is left of the wish will do (§3.3.1): who
/// wishes `en-GB` rather hears `en-US` than German.
pub(crate) fn best<'a>(wishes: &[String], tags: impl Iterator<Item = Option<&'a str>> + Clone) -> Option<usize> {
    wishes.iter().filter(|wish| wish.as_str() != "*").find_map(|wish| {
        let is_alike =
            |range: &str| tags.clone().position(|tag| tag.is_some_and(|tag| tag.eq_ignore_ascii_case(range)));
        let says_more = |range: &str| tags.clone().position(|tag| tag.is_some_and(|tag| is_within(tag, range)));
        shorter_and_shorter(wish).find_map(is_alike).or_else(|| shorter_and_shorter(wish).find_map(says_more))
    })
}

/// Whether a person with these wishes understands the language of this tag.
pub(crate) fn suits(wishes: &[String], tag: &str) -> bool {
    best(wishes, std::iter::once(Some(tag))).is_some()
}

/// Whether two tags are of one language, whatever else they say.
pub(crate) fn is_same(one: &str, other: &str) -> bool {
    let primary = |tag: &str| tag.split('-').next().unwrap_or_default().to_ascii_lowercase();
    primary(one) == primary(other)
}

fn is_within(tag: &str, range: &str) -> bool {
    let head = tag.get(..range.len());
    head.is_some_and(|head| head.eq_ignore_ascii_case(range)) && tag.as_bytes().get(range.len()) == Some(&b'-')
}

/// `zh-Hant-x-CN`, `zh-Hant`, `zh`: with a subtag goes the single letter before it.
fn shorter_and_shorter(range: &str) -> impl Iterator<Item = &str> {
    std::iter::successors(Some(range).filter(|range| !range.is_empty()), |range| shorter(range))
}

fn shorter(range: &str) -> Option<&str> {
    let (rest, _) = range.rsplit_once('-')?;
    let single = rest.rsplit_once('-').filter(|(_, last)| last.len() == 1);
    Some(single.map_or(rest, |(rest, _)| rest))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn choice<'a>(wishes: &[&str], tags: &[&'a str]) -> Option<&'a str> {
        let wishes: Vec<_> = wishes.iter().map(|&wish| wish.to_owned()).collect();
        best(&wishes, tags.iter().map(|&tag| (!tag.is_empty()).then_some(tag))).map(|index| tags[index])
    }

    #[test]
    fn a_wish_is_looked_up_shorter_and_shorter() {
        assert_eq!(choice(&["zh-Hant-CN-x-private1"], &["zh", "zh-Hant"]), Some("zh-Hant"));
        assert_eq!(choice(&["zh-Hant-CN-x-private1"], &["zh-CN", "zh"]), Some("zh"));
        assert_eq!(choice(&["de-CH"], &["en", "DE", "de-AT"]), Some("DE"));
        let cut: Vec<_> = shorter_and_shorter("zh-Hant-CN-x-private1-private2").collect();
        assert_eq!(
            cut,
            ["zh-Hant-CN-x-private1-private2", "zh-Hant-CN-x-private1", "zh-Hant-CN", "zh-Hant", "zh"],
            "the example of RFC 4647 §3.4"
        );
    }

    #[test]
    fn a_tag_that_says_more_will_do_after_one_that_is_alike() {
        assert_eq!(choice(&["en"], &["de", "en-US"]), Some("en-US"));
        assert_eq!(choice(&["en-GB"], &["en-US", "en"]), Some("en"));
        assert_eq!(choice(&["en-GB"], &["de", "en-US"]), Some("en-US"));
        assert_eq!(choice(&["en"], &["eng", "english", "en_US"]), None);
    }

    #[test]
    fn the_first_wish_that_can_be_met_counts() {
        assert_eq!(choice(&["fr", "de", "en"], &["en", "de"]), Some("de"));
        assert_eq!(choice(&["fr"], &["en", "de"]), None);
        assert_eq!(choice(&["", "*", "en"], &["", "de", "en"]), Some("en"));
        assert_eq!(choice(&[], &["en"]), None);
        assert_eq!(choice(&["é", "e"], &["é", "ee"]), Some("é"));
    }

    #[test]
    fn languages_are_compared_without_their_details() {
        assert!(is_same("en-US", "EN") && is_same("zh-Hant", "zh-CN") && !is_same("en", "eng"));
        assert!(suits(&["de-CH".to_owned()], "de-AT") && !suits(&["de".to_owned()], "en"));
    }
}
