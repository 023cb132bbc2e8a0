//! Which addresses a router serves, for the tests that hold the documents against them.

use std::collections::BTreeSet;

use axum::Router;

/// The addresses, with the names of their parts. axum tells them in a router's `Debug` and nowhere else; should it show itself
/// otherwise one day, nothing is found here and the tests that compare fail.
pub(crate) fn addresses<S>(router: &Router<S>) -> BTreeSet<String> {
    let shown = format!("{router:?}");
    let entries = shown.split("RouteId(").skip(1);
    let paths = entries.filter_map(|entry| {
        let (_, path) = entry.split_once("): \"")?;
        let (path, _) = path.split_once('"')?;
        (path != "/" && !path.contains("__private")).then(|| path.to_owned())
    });
    paths.collect()
}

#[cfg(test)]
mod tests {
    use axum::routing::{get, post};

    use super::*;

    #[test]
    fn what_a_router_serves_can_be_read_from_it() {
        let inner: Router = Router::new()
            .route("/", post(async || {}))
            .route("/{b}", get(async || {}));
        let router = Router::new()
            .route("/a", get(async || {}).put(async || {}))
            .nest("/n/{a}", inner)
            .fallback(async || {});
        let wanted = ["/a", "/n/{a}", "/n/{a}/{b}"].map(str::to_owned);
        assert_eq!(addresses(&router), BTreeSet::from(wanted));
    }
}
