//! Listings of any length: they are written as they are read.

use std::io::{self, Write};

use anyhow::Result;
use serde::Serialize;

use crate::{
    instance::Name,
    map::Error,
    view::{Metainfo, Table, TableRow},
};

/// Rows that are in memory at once. Fewer than that are sorted.
const PAGE: usize = 4096;

/// Rows by the page; the first one may be empty.
pub struct Pages<R, I> {
    first: Option<Vec<R>>,
    rows: I,
}

impl<R, I: Iterator<Item = Result<R, Error>>> Pages<R, I> {
    /// Of `rows`, which have this `order` if they are on one page.
    pub fn of<K: Ord>(mut rows: I, order: impl Fn(&R) -> K) -> Result<Self, Error> {
        let mut first = page(&mut rows)?;
        if first.len() < PAGE {
            first.sort_by_key(order);
        }
        let first = Some(first);
        Ok(Self { first, rows })
    }
}

impl<R, I: Iterator<Item = Result<R, Error>>> Iterator for Pages<R, I> {
    type Item = Result<Vec<R>, Error>;

    fn next(&mut self) -> Option<Self::Item> {
        if let Some(first) = self.first.take() {
            return Some(Ok(first));
        }
        let next = page(&mut self.rows);
        let is_over = next.as_ref().is_ok_and(Vec::is_empty);
        (!is_over).then_some(next)
    }
}

fn page<R>(rows: impl Iterator<Item = Result<R, Error>>) -> Result<Vec<R>, Error> {
    rows.take(PAGE).collect()
}

/// Writes them for people. The columns are as wide as what was read so far.
pub fn write_table<R: TableRow>(
    out: &mut impl Write,
    pages: impl Iterator<Item = Result<Vec<R>, Error>>,
) -> Result<()> {
    let mut above: Option<Table> = None;
    for page in pages {
        let page = page?;
        let table = match &above {
            None => Table::of(&page),
            Some(above) => above.below(&page),
        };
        write!(out, "{table}")?;
        above = Some(table);
    }
    Ok(())
}

/// Writes them for programs: an object on one line, of which they are the member called `member`.
pub fn write_json<R: Serialize>(
    out: &mut impl Write,
    instance: &Name,
    member: &str,
    pages: impl Iterator<Item = Result<Vec<R>, Error>>,
) -> Result<()> {
    let metainfo = serde_json::to_string(&Metainfo::of(instance))?;
    write!(out, "{{\"metainfo\":{metainfo},\"{member}\":[")?;
    let mut comma = "";
    for page in pages {
        for row in page? {
            write!(out, "{comma}")?;
            serde_json::to_writer(&mut *out, &row).map_err(io::Error::from)?;
            comma = ",";
        }
    }
    Ok(writeln!(out, "]}}")?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::output::Output;

    #[derive(Serialize)]
    struct Row(usize);

    impl TableRow for Row {
        const TITLES: &'static [&'static str] = &[">NUMBER"];

        fn cells(&self) -> Vec<String> {
            vec![self.0.to_string()]
        }
    }

    /// `count` rows from the highest number down.
    fn rows(count: usize) -> Pages<Row, impl Iterator<Item = Result<Row, Error>>> {
        Pages::of((0..count).rev().map(|number| Ok(Row(number))), |row| row.0).unwrap()
    }

    fn json(count: usize) -> Vec<u64> {
        let mut text = Vec::new();
        write_json(&mut text, &Name::default(), "rows", rows(count)).unwrap();
        assert_eq!(text.pop(), Some(b'\n'));
        let json: serde_json::Value = serde_json::from_slice(&text).unwrap();
        assert_eq!(json["metainfo"]["tool"], "ftp-track");
        let rows = json["rows"].as_array().unwrap().iter();
        rows.map(|row| row.as_u64().unwrap()).collect()
    }

    #[test]
    fn what_fits_on_a_page_is_sorted() {
        let most = PAGE as u64 - 1;
        assert_eq!(json(0), [0; 0]);
        assert_eq!(json(3), [0, 1, 2]);
        assert_eq!(json(PAGE - 1), (0..most).collect::<Vec<_>>());
    }

    #[test]
    fn more_comes_as_it_is_read() {
        for count in [PAGE, PAGE + 1, 2 * PAGE, 2 * PAGE + 1] {
            assert_eq!(json(count), (0..count as u64).rev().collect::<Vec<_>>());
        }
    }

    #[test]
    fn a_table_has_one_line_of_titles() {
        for count in [0, 1, PAGE + 1, 2 * PAGE] {
            let mut text = Vec::new();
            write_table(&mut text, rows(count)).unwrap();
            let text = String::from_utf8(text).unwrap();
            let mut lines = text.lines();
            assert_eq!(lines.next(), Some("NUMBER"));
            let numbers: Vec<usize> = lines.map(|line| line.trim().parse().unwrap()).collect();
            let mut sorted = numbers.clone();
            sorted.sort_unstable();
            assert_eq!(sorted, (0..count).collect::<Vec<_>>());
        }
    }

    #[test]
    fn an_error_ends_it() {
        let broken = || Error::Unread {
            name: "FLOWS",
            source: io::Error::other("broken"),
        };
        let rows = (0..2 * PAGE).map(|number| match number {
            number if number < PAGE + 1 => Ok(Row(number)),
            _ => Err(broken()),
        });
        let mut text = Vec::new();
        let pages = Pages::of(rows, |row| row.0).unwrap();
        let error = write_json(&mut text, &Name::default(), "rows", pages);
        assert_eq!(error.unwrap_err().to_string(), broken().to_string());
        assert!(Pages::of([Err(broken())].into_iter(), |row: &Row| row.0).is_err());
    }

    /// Writing page by page, nobody reads a page that nobody wants.
    #[test]
    fn a_reader_that_goes_ends_it() {
        struct Gone;
        impl Write for Gone {
            fn write(&mut self, _: &[u8]) -> io::Result<usize> {
                Err(io::ErrorKind::BrokenPipe.into())
            }
            fn flush(&mut self) -> io::Result<()> {
                Ok(())
            }
        }
        let endless = (0..).map(|number| Ok(Row(number)));
        let pages = Pages::of(endless, |row| row.0).unwrap();
        let error = write_json(&mut Output(Gone), &Name::default(), "rows", pages).unwrap_err();
        assert_eq!(crate::exit::Exit::of(&error), crate::exit::Exit::Success);
    }
}
