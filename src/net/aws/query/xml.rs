//! Answers as XML: found by element names, whatever their namespace.

use roxmltree::{Node, ParsingOptions};

use crate::format::{clip, sanitise};

/// The longest foreign text kept, in cells.
const MAX_TEXT: usize = 1_000;

/// The most elements of one answer; the largest honest one (400 target groups) has some 10,000.
const MAX_NODES: u32 = 500_000;

/// One answer.
#[derive(Debug)]
pub(super) struct Document(String);

impl Document {
    /// Takes an answer in, whose root element has one of the names `roots`, with the element `within` in it where one is named. Any
    /// other well-formed page (a proxy's, an error's) would read like an answer with nothing in it.
    ///
    /// # Errors
    /// Why it is no XML, or not that answer.
    pub(super) fn new(body: Vec<u8>, roots: &[&str], within: Option<&str>) -> Result<Self, String> {
        let text = String::from_utf8(body).map_err(|_| "it is no UTF-8".to_owned())?;
        let tree = parse(&text)?;
        let found = Element(tree.root_element());
        let name = found.0.tag_name().name();
        if !roots.contains(&name) {
            return Err(format!("it is {} and no {}", clip(&sanitise(name), MAX_TEXT), roots.join(" or ")));
        }
        if let Some(within) = within.filter(|within| found.child(within).is_none()) {
            return Err(format!("there is no {within} in it"));
        }
        Ok(Self(text))
    }

    /// Reads it from its root element on.
    pub(super) fn read<T>(&self, with: impl FnOnce(Element<'_, '_>) -> T) -> Result<T, String> {
        let tree = parse(&self.0)?;
        Ok(with(Element(tree.root_element())))
    }
}

fn parse(text: &str) -> Result<roxmltree::Document<'_>, String> {
    let options = ParsingOptions { allow_dtd: false, nodes_limit: MAX_NODES, ..ParsingOptions::default() };
    roxmltree::Document::parse_with_options(text, options).map_err(|error| error.to_string())
}

/// One element.
#[derive(Debug, Clone, Copy)]
pub(super) struct Element<'d, 'x>(Node<'d, 'x>);

impl<'d, 'x> Element<'d, 'x> {
    /// The first child of that name.
    pub(super) fn child(self, name: &str) -> Option<Self> {
        self.0.children().find(|node| node.tag_name().name() == name).map(Self)
    }

    /// An element further down, by the names on the way.
    pub(super) fn at(self, path: &[&str]) -> Option<Self> {
        path.iter().try_fold(self, |element, name| element.child(name))
    }

    /// Every element of a list: the children of the element at `path`, whatever they are called (`member`, `item`).
    pub(super) fn list(self, path: &[&str]) -> impl Iterator<Item = Element<'d, 'x>> + use<'d, 'x> {
        let list = self.at(path).map(|element| element.0);
        list.into_iter().flat_map(|node| node.children()).filter(Node::is_element).map(Element)
    }

    /// The harmless text of the element at `path`; nothing where it is empty or not there.
    pub(super) fn text(self, path: &[&str]) -> Option<String> {
        self.raw(path).map(|text| clip(&sanitise(text), MAX_TEXT)).filter(|text| !text.is_empty())
    }

    /// The same as it stands there: for what is decoded further.
    pub(super) fn raw(self, path: &[&str]) -> Option<&'d str> {
        self.at(path)?.0.text().map(str::trim).filter(|text| !text.is_empty())
    }

    /// The text at `path`, or an empty one.
    pub(super) fn word(self, path: &[&str]) -> String {
        self.text(path).unwrap_or_default()
    }

    /// The texts of every element of a list.
    pub(super) fn words(self, path: &[&str]) -> Vec<String> {
        self.list(path).filter_map(|element| element.text(&[])).collect()
    }

    /// A number at `path`.
    pub(super) fn number<T: std::str::FromStr>(self, path: &[&str]) -> Option<T> {
        self.raw(path)?.parse().ok()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn elements_are_found_by_their_names_whatever_the_namespace() {
        let text = "<R xmlns=\"urn:x\"><L><member>a</member> <member><n>7</n></member><member/></L><e>\x20 </e></R>";
        let document = Document::new(text.into(), &["R"], Some("L")).unwrap();
        document
            .read(|root| {
                assert_eq!(root.list(&["L"]).count(), 3);
                assert_eq!(root.words(&["L"]), ["a"]);
                assert_eq!(root.list(&["L"]).find_map(|item| item.number::<u16>(&["n"])), Some(7));
                assert_eq!((root.text(&["e"]), root.word(&["nothing", "there"])), (None, String::new()));
            })
            .unwrap();
        for (text, why) in [
            ("<a><b></a>", "expected 'b' tag"),
            ("<!DOCTYPE a [<!ENTITY x \"y\">]><a>&x;</a>", "DTD"),
            ("<html><body/></html>", "it is html and no a"),
            ("<a><c/></a>", "there is no b in it"),
        ] {
            let refused = Document::new(text.into(), &["a"], Some("b")).unwrap_err();
            assert!(refused.contains(why), "{text}: {refused}");
        }
    }

    proptest! {
        #[test]
        fn any_text_is_read_or_refused(text in any::<String>(), inner in "[a-z<>/&;#0-9 ]{0,60}") {
            for text in [text, format!("<a>{inner}</a>")] {
                if let Ok(document) = Document::new(text.into_bytes(), &["a"], None) {
                    let word = document.read(|root| root.word(&[])).unwrap();
                    prop_assert!(!word.chars().any(char::is_control));
                }
            }
        }
    }
}
