//! Tables for people: columns, no frame, no colour, so that they go well into a pipe.

use std::fmt;

use comfy_table::{CellAlignment, ContentArrangement, presets};

/// Something that is shown as a row.
pub trait TableRow {
    /// The columns' titles; one that starts with `>` is aligned to the right.
    const TITLES: &'static [&'static str];

    /// The cells, as many as there are titles.
    fn cells(&self) -> Vec<String>;
}

/// A table of rows.
pub struct Table(comfy_table::Table);

impl Table {
    /// The table of `rows`.
    pub fn of<R: TableRow>(rows: &[R]) -> Self {
        let mut table = comfy_table::Table::new();
        table
            .load_style(presets::NOTHING)
            .set_content_arrangement(ContentArrangement::Disabled)
            .set_header(R::TITLES.iter().map(|title| title.trim_start_matches('>')));
        for row in rows {
            table.add_row(row.cells());
        }
        for (column, title) in table.column_iter_mut().zip(R::TITLES) {
            column.set_padding((0, 2));
            if title.starts_with('>') {
                column.set_cell_alignment(CellAlignment::Right);
            }
        }
        Self(table)
    }
}

/// Every line ends with a line feed.
impl fmt::Display for Table {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        for line in self.0.lines() {
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
}
