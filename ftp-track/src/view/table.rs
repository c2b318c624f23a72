//! Tables for people: columns, no frame, no colour, so that they go well into a pipe.

use std::fmt;

use comfy_table::{CellAlignment, ColumnConstraint, ContentArrangement, Width, presets};

/// Spaces between columns.
const GAP: u16 = 2;

/// Something that is shown as a row.
pub trait TableRow {
    /// The columns' titles; one that starts with `>` is aligned to the right, one that starts with
    /// `?` is left out where all its cells are empty.
    const TITLES: &'static [&'static str];

    /// The cells, as many as there are titles.
    fn cells(&self) -> Vec<String>;
}

/// A table of rows, or the next part of one.
pub struct Table {
    table: comfy_table::Table,
    /// Which columns are shown.
    shown: Vec<bool>,
    /// Of each column that is shown, as wide as it had to be so far.
    widths: Vec<u16>,
}

impl Table {
    /// The table of `rows`.
    pub fn of<R: TableRow>(rows: &[R]) -> Self {
        let cells: Vec<_> = rows.iter().map(R::cells).collect();
        let shown = shown::<R>(&cells, &[]);
        Self::fill::<R>(cells, shown, None)
    }

    /// The part with more rows, below this one; with the titles again if there is another column.
    pub fn below<R: TableRow>(&self, rows: &[R]) -> Self {
        let cells: Vec<_> = rows.iter().map(R::cells).collect();
        let shown = shown::<R>(&cells, &self.shown);
        let widths = (shown == self.shown).then_some(self.widths.as_slice());
        Self::fill::<R>(cells, shown, widths)
    }

    /// Without widths that there have to be at least, this part has the titles.
    fn fill<R: TableRow>(
        cells: Vec<Vec<String>>,
        shown: Vec<bool>,
        at_least: Option<&[u16]>,
    ) -> Self {
        let is_shown = |(at, _): &(usize, _)| shown[*at];
        let titles = R::TITLES.iter().enumerate().filter(|(at, _)| shown[*at]);
        let titles: Vec<&str> = titles
            .map(|(_, title)| title.trim_start_matches('?'))
            .collect();
        let mut table = comfy_table::Table::new();
        table
            .load_style(presets::NOTHING)
            .set_content_arrangement(ContentArrangement::Disabled);
        if at_least.is_none() {
            table.set_header(titles.iter().map(|title| title.trim_start_matches('>')));
        }
        for row in cells {
            let row = row.into_iter().enumerate().filter(is_shown);
            table.add_row(row.map(|(_, cell)| cell));
        }
        let none = vec![0; titles.len()];
        let at_least = at_least.unwrap_or(&none);
        let own = table.column_max_content_widths().into_iter();
        let both = own.zip(at_least.iter().copied());
        let widths: Vec<u16> = both.map(|(own, least)| own.max(least)).collect();
        let columns = table.column_iter_mut().zip(&titles).zip(&widths);
        for ((column, title), width) in columns {
            column.set_padding((0, GAP));
            column.set_constraint(ColumnConstraint::LowerBoundary(Width::Fixed(width + GAP)));
            if title.starts_with('>') {
                column.set_cell_alignment(CellAlignment::Right);
            }
        }
        Self {
            table,
            shown,
            widths,
        }
    }
}

/// Which columns have to be shown: those that were before, and those that have a cell.
fn shown<R: TableRow>(cells: &[Vec<String>], before: &[bool]) -> Vec<bool> {
    let titles = R::TITLES.iter().enumerate();
    titles
        .map(|(at, title)| {
            let was = before.get(at).is_some_and(|was| *was);
            was || !title.starts_with('?') || cells.iter().any(|row| !row[at].is_empty())
        })
        .collect()
}

/// Every line ends with a line feed.
impl fmt::Display for Table {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        for line in self.table.lines() {
            writeln!(formatter, "{}", line.trim_end())?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Row(&'static str, u32);

    impl TableRow for Row {
        const TITLES: &'static [&'static str] = &["NAME", ">COUNT"];

        fn cells(&self) -> Vec<String> {
            vec![self.0.to_owned(), self.1.to_string()]
        }
    }

    struct Zoned(&'static str);

    impl TableRow for Zoned {
        const TITLES: &'static [&'static str] = &["?>ZONE", "NAME"];

        fn cells(&self) -> Vec<String> {
            vec![self.0.to_owned(), "a".to_owned()]
        }
    }

    #[test]
    fn columns_without_a_cell() {
        let first = Table::of(&[Zoned(""), Zoned("")]);
        assert_eq!(first.to_string(), "NAME\na\na\n");
        let second = first.below(&[Zoned("")]);
        assert_eq!(second.to_string(), "a\n");
        let third = second.below(&[Zoned(""), Zoned("15")]);
        assert_eq!(third.to_string(), "ZONE  NAME\n      a\n  15  a\n");
        let fourth = third.below(&[Zoned("")]);
        assert_eq!(fourth.to_string(), "      a\n");
    }

    #[test]
    fn columns() {
        let table = Table::of(&[Row("a", 1), Row("longer", 1000)]).to_string();
        assert_eq!(table, "NAME    COUNT\na           1\nlonger   1000\n");
        assert_eq!(Table::of::<Row>(&[]).to_string(), "NAME  COUNT\n");
    }

    #[test]
    fn parts_have_the_same_columns() {
        let first = Table::of(&[Row("longer", 1)]);
        let second = first.below(&[Row("a", 22)]);
        assert_eq!(second.to_string(), "a          22\n");
        let third = second.below(&[Row("the longest", 3)]);
        assert_eq!(third.to_string(), "the longest      3\n");
        let fourth = third.below(&[Row("a", 4)]);
        assert_eq!(fourth.to_string(), "a                4\n");
    }
}
