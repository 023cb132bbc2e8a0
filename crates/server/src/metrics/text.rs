//! Figures as Prometheus reads them: its text format, version 0.0.4.

use std::fmt::{Display, Write as _};

/// The format's name, for the answer's head.
pub(super) const CONTENT_TYPE: &str = "text/plain; version=0.0.4; charset=utf-8";

/// A page of figures.
#[derive(Debug, Default)]
pub(super) struct Page(String);

impl Page {
    /// A number that goes up and down.
    pub(super) fn gauge(&mut self, name: &str, help: &str, value: impl Display) {
        self.family(name, "gauge", help);
        self.sample(name, &[], value);
    }

    /// A number that only rises.
    pub(super) fn counter(&mut self, name: &str, help: &str, value: impl Display) {
        self.family(name, "counter", help);
        self.sample(name, &[], value);
    }

    /// The head of several samples of one name.
    pub(super) fn family(&mut self, name: &str, kind: &str, help: &str) {
        let help = help.replace('\\', "\\\\").replace('\n', "\\n");
        let _ = writeln!(self.0, "# HELP {name} {help}\n# TYPE {name} {kind}");
    }

    /// One of them.
    pub(super) fn sample(&mut self, name: &str, labels: &[(&str, &str)], value: impl Display) {
        self.0.push_str(name);
        for (index, (label, text)) in labels.iter().enumerate() {
            let text = text
                .replace('\\', "\\\\")
                .replace('"', "\\\"")
                .replace('\n', "\\n");
            let open = if index == 0 { '{' } else { ',' };
            let _ = write!(self.0, "{open}{label}=\"{text}\"");
        }
        if !labels.is_empty() {
            self.0.push('}');
        }
        let _ = writeln!(self.0, " {value}");
    }

    /// Times by how long they were: `counts` by bucket, and above the last bound.
    pub(super) fn histogram(
        &mut self,
        name: &str,
        help: &str,
        bounds: &[f64],
        counts: &[u64],
        sum: f64,
    ) {
        self.family(name, "histogram", help);
        let bucket = format!("{name}_bucket");
        let mut all = 0;
        for (bound, count) in bounds.iter().zip(counts) {
            all += count;
            self.sample(&bucket, &[("le", &bound.to_string())], all);
        }
        all += counts.iter().skip(bounds.len()).sum::<u64>();
        self.sample(&bucket, &[("le", "+Inf")], all);
        self.sample(&format!("{name}_sum"), &[], sum);
        self.sample(&format!("{name}_count"), &[], all);
    }

    /// The page.
    pub(super) fn finish(self) -> String {
        self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_could_break_a_line_is_escaped() {
        let mut page = Page::default();
        page.family("a_total", "counter", "one\ntwo \\");
        page.sample("a_total", &[("why", "a \"b\" \\ \n")], 3);
        assert_eq!(
            page.finish(),
            "# HELP a_total one\\ntwo \\\\\n# TYPE a_total counter\na_total{why=\"a \\\"b\\\" \\\\ \\n\"} 3\n"
        );
    }

    #[test]
    fn buckets_hold_all_that_is_below_their_bound() {
        let mut page = Page::default();
        page.histogram("t_seconds", "h", &[0.5, 1.0], &[1, 2, 3], 9.5);
        let text = page.finish();
        for line in [
            "t_seconds_bucket{le=\"0.5\"} 1",
            "t_seconds_bucket{le=\"1\"} 3",
            "t_seconds_bucket{le=\"+Inf\"} 6",
            "t_seconds_sum 9.5",
            "t_seconds_count 6",
        ] {
            assert!(text.lines().any(|found| found == line), "{line} in {text}");
        }
    }
}
