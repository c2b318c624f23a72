//! Tables for people: columns, no frame, no colour, so that they go well into a pipe.

use std::fmt;

use comfy_table::{CellAlignment, ColumnConstraint, ContentArrangement, Width, presets};

/// Spaces between columns.
const GAP: u16 = 2;

/// Something that is shown as a row.
pub trait TableRow {
    /// The columns' titles; one that starts with `>` is aligned to the right.
    const TITLES: &'static [&'static str];

    /// The cells, as many as there are titles.
    fn cells(&self) -> Vec<String>;
}

/// A table of rows, or the next part of one.
pub struct Table {
    table: comfy_table::Table,
    /// Of each column, as wide as it had to be so far.
    widths: Vec<u16>,
}

impl Table {
    /// The table of `rows`.
    pub fn of<R: TableRow>(rows: &[R]) -> Self {
        let titles = R::TITLES.iter().map(|title| title.trim_start_matches('>'));
        let mut table = comfy_table::Table::new();
        table.set_header(titles);
        Self::fill(table, rows, &vec![0; R::TITLES.len()])
    }

    /// The part with more rows, below this one.
    pub fn below<R: TableRow>(&self, rows: &[R]) -> Self {
        Self::fill(comfy_table::Table::new(), rows, &self.widths)
    }

    fn fill<R: TableRow>(mut table: comfy_table::Table, rows: &[R], at_least: &[u16]) -> Self {
        table
            .load_style(presets::NOTHING)
            .set_content_arrangement(ContentArrangement::Disabled);
        for row in rows {
            table.add_row(row.cells());
        }
        let own = table.column_max_content_widths().into_iter();
        let both = own.zip(at_least.iter().copied());
        let widths: Vec<u16> = both.map(|(own, least)| own.max(least)).collect();
        let columns = table.column_iter_mut().zip(R::TITLES).zip(&widths);
        for ((column, title), width) in columns {
            column.set_padding((0, GAP));
            column.set_constraint(ColumnConstraint::LowerBoundary(Width::Fixed(width + GAP)));
            if title.starts_with('>') {
                column.set_cell_alignment(CellAlignment::Right);
            }
        }
        Self { table, widths }
    }
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
