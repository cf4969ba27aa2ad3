//! The page of a report: one HTML file that needs nothing else, dark or light as the reader's system is. Plots are SVG of
//! `page/plot.rs`, whose colours are those of `page/page.css`. Must not know players or what is reported.
//!
//! ```
//! use player_lab::page::Page;
//!
//! let mut page = Page::new("Two rules on 3G");
//! page.fact("seed", "7");
//! page.section("Quality of experience");
//! page.table(&["rule", "QoE"], &[vec!["matinee".to_owned(), "-1.02".to_owned()]]);
//! assert!(page.to_html().contains("<h2>Quality of experience</h2>"));
//! ```

pub mod plot;

use std::fmt::Write as _;

/// A number of things, in words: "1 network", "2 networks".
#[must_use]
pub fn how_many(count: usize, of: &str) -> String {
    format!("{count} {of}{}", if count == 1 { "" } else { "s" })
}

/// A page that grows from top to bottom.
#[derive(Clone, Debug)]
pub struct Page {
    title: String,
    facts: Vec<(String, String)>,
    body: String,
}

impl Page {
    /// A page that says what ran, with the version of this program and its command line.
    pub fn new(title: &str) -> Self {
        let mut page = Self { title: title.to_owned(), facts: Vec::new(), body: String::new() };
        page.fact("version", env!("CARGO_PKG_VERSION"));
        page.fact("command", &std::env::args().collect::<Vec<_>>().join(" "));
        page
    }

    /// Something to know about the run, such as the seed or a version; all stand at the foot.
    pub fn fact(&mut self, name: &str, value: &str) {
        self.facts.push((name.to_owned(), value.to_owned()));
    }

    /// Begins a part.
    pub fn section(&mut self, heading: &str) {
        let _ = writeln!(self.body, "<h2>{}</h2>", escaped(heading));
    }

    /// A paragraph.
    pub fn words(&mut self, text: &str) {
        let _ = writeln!(self.body, "<p>{}</p>", escaped(text));
    }

    /// A few figures that matter most, large: what, and how much.
    pub fn highlights(&mut self, figures: &[(&str, String)]) {
        self.body += "<dl class=\"highlights\">";
        for (name, value) in figures {
            let _ = write!(self.body, "<div><dt>{}</dt><dd>{}</dd></div>", escaped(name), escaped(value));
        }
        self.body += "</dl>\n";
    }

    /// A table; cells that read as numbers stand to the right.
    pub fn table(&mut self, head: &[&str], rows: &[Vec<String>]) {
        let is_number =
            |cell: &str| cell.trim_start_matches(['+', '-', '−']).starts_with(|first: char| first.is_ascii_digit());
        let numeric: Vec<bool> = (0..head.len())
            .map(|column| rows.iter().filter_map(|row| row.get(column)).all(|cell| is_number(cell)))
            .collect();
        let class = |column: usize| if numeric.get(column) == Some(&true) { " class=\"number\"" } else { "" };
        self.body += "<div class=\"wide\"><table><thead><tr>";
        for (column, cell) in head.iter().enumerate() {
            let _ = write!(self.body, "<th{}>{}</th>", class(column), escaped(cell));
        }
        self.body += "</tr></thead><tbody>\n";
        for row in rows {
            self.body += "<tr>";
            for (column, cell) in row.iter().enumerate() {
                let _ = write!(self.body, "<td{}>{}</td>", class(column), escaped(cell));
            }
            self.body += "</tr>\n";
        }
        self.body += "</tbody></table></div>\n";
    }

    /// A plot of [`plot`] with a sentence that says what to see.
    pub fn figure(&mut self, caption: &str, svg: &str) {
        let _ = writeln!(self.body, "<figure><figcaption>{}</figcaption>{svg}</figure>", escaped(caption));
    }

    /// The names of the colours of the plots that follow, in their order.
    pub fn legend(&mut self, names: &[&str]) {
        self.body += "<ul class=\"legend\">";
        for (index, name) in names.iter().enumerate() {
            let (colour, dashes) = plot::look(index);
            let background = match dashes {
                [stroke, gap] => format!(
                    "repeating-linear-gradient(90deg,var(--series-{colour}) 0 {stroke}px,transparent {stroke}px {}px)",
                    stroke + gap
                ),
                _ => format!("var(--series-{colour})"),
            };
            let _ = write!(self.body, "<li><i style=\"background:{background}\"></i>{}</li>", escaped(name));
        }
        self.body += "</ul>\n";
    }

    /// All of it as one file.
    pub fn to_html(&self) -> String {
        let title = escaped(&self.title);
        let mut facts = String::new();
        for (name, value) in &self.facts {
            let _ = write!(facts, "<dt>{}</dt><dd>{}</dd>", escaped(name), escaped(value));
        }
        format!(
            "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
             <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n<title>{title}</title>\n\
             <style>\n{}</style>\n</head>\n<body>\n<main>\n<p class=\"mark\">Matinee lab</p>\n<h1>{title}</h1>\n{}\
             <footer><dl>{facts}</dl></footer>\n</main>\n</body>\n</html>\n",
            include_str!("page/page.css"),
            self.body,
        )
    }
}

/// Text as HTML shows it.
fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_comes_from_outside_is_text() {
        let mut page = Page::new("<b>");
        page.words("a & b");
        page.fact("trace", "\"><script>");
        page.table(&["rule", "QoE"], &[vec!["<i>".to_owned(), "-1.2".to_owned()]]);
        let html = page.to_html();
        assert!(html.contains("<h1>&lt;b&gt;</h1>") && html.contains("a &amp; b"));
        assert!(html.contains("<dd>&quot;&gt;&lt;script&gt;</dd>") && html.contains("<td>&lt;i&gt;</td>"));
        assert!(html.contains("<td class=\"number\">-1.2</td>"));
    }
}
