//! Places in a message: the element `location`. (Section 5.3.)

use super::super::markup::{Token, escape, in_attribute, tokens};

/// Longest address that is read, in code points.
const MAX_ADDRESS: usize = 500;

/// A place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Location {
    /// Latitude in millionths of a degree, −90 to 90 degrees.
    pub latitude: i64,
    /// Longitude in millionths of a degree, −180 to 180 degrees.
    pub longitude: i64,
    /// In words.
    pub address: String,
    /// A map of it.
    pub map: Option<String>,
}

impl Location {
    /// Reads one; `None` if it does not say where, or nowhere on Earth.
    #[must_use]
    pub fn read(content: &str) -> Option<Self> {
        let mut found: Option<Self> = None;
        for token in tokens(content) {
            let Token::Open(tag) = token else { continue };
            match &mut found {
                None if tag.is("location") => {
                    let number = |name, most: i64| {
                        let text = tag.attribute(name)?;
                        text.trim()
                            .parse::<i64>()
                            .ok()
                            .filter(|at| at.abs() <= most)
                    };
                    let address = tag.attribute("address").unwrap_or_default();
                    found = Some(Self {
                        latitude: number("latitude", 90_000_000)?,
                        longitude: number("longitude", 180_000_000)?,
                        address: address.chars().take(MAX_ADDRESS).collect(),
                        map: None,
                    });
                }
                Some(place) if tag.is("a") => {
                    place.map = tag.attribute("href").map(std::borrow::Cow::into_owned)
                }
                _ => {}
            }
        }
        found
    }

    /// The element. SkPy cannot do without the link in it.
    #[must_use]
    pub fn write(&self) -> String {
        let degrees = |millionths: i64| {
            let sign = if millionths < 0 { "-" } else { "" };
            let all = millionths.unsigned_abs();
            format!("{sign}{}.{:06}", all / 1_000_000, all % 1_000_000)
        };
        let (latitude, longitude) = (degrees(self.latitude), degrees(self.longitude));
        let map = self.map.clone().unwrap_or_else(|| {
            format!("https://www.openstreetmap.org/?mlat={latitude}&mlon={longitude}#map=16/{latitude}/{longitude}")
        });
        let mut words = String::new();
        match self.address.as_str() {
            "" => escape(&format!("{latitude}, {longitude}"), &mut words),
            address => escape(address, &mut words),
        }
        format!(
            r#"<location latitude="{}" longitude="{}" altitude="0" speed="0" course="0" address="{}" pointOfInterest=""><a href="{}">{words}</a></location>"#,
            self.latitude,
            self.longitude,
            in_attribute(&self.address),
            in_attribute(&map),
        )
    }
}
