//! Lists that come page by page, in the query protocol.

use super::xml::Element;
use super::{Api, Parameters};
use crate::domain::SourceError;
use crate::net::aws::{Call, Session};

/// The most pages followed of one list; a longer one is not what a person looks at by hand.
pub(super) const MOST_PAGES: usize = 10;

/// How one API says that there is more.
#[derive(Debug, Clone, Copy)]
pub(super) struct Paging {
    pub api: Api,
    /// The parameter that asks for the next page.
    pub asks: &'static str,
    /// The element that names it.
    pub says: &'static str,
}

impl Paging {
    /// Every element of the list named `list`.
    ///
    /// # Errors
    /// One line that names call, region and cause.
    pub(super) async fn all<T>(
        self,
        session: &Session,
        action: &'static str,
        about: &str,
        parameters: &[(String, String)],
        list: &str,
        read: fn(Element<'_, '_>) -> T,
    ) -> Result<Vec<T>, SourceError> {
        let envelope = self.api.envelope(action);
        let below = |name| envelope.as_deref().into_iter().chain([name]).collect::<Vec<&str>>();
        let (items, more) = (below(list), below(self.says));
        let mut all = Vec::new();
        let mut marker: Option<String> = None;
        for _ in 0..MOST_PAGES {
            let mut asked: Parameters = parameters.to_vec();
            asked.extend(marker.take().map(|marker| (self.asks.to_owned(), marker)));
            let document = session.query(self.api, action, about, &asked).await?;
            let (page, next) = document
                .read(|root| (root.list(&items).map(read).collect::<Vec<T>>(), root.raw(&more).map(str::to_owned)))
                .map_err(|why| session.garbage(&Call { service: self.api.name(), action, about }, &why))?;
            all.extend(page);
            marker = next;
            if marker.is_none() {
                break;
            }
        }
        Ok(all)
    }
}
