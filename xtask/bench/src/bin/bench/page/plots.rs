//! The plots: SVG that is read on a light page and on a dark one.

use std::ops::Range;

use anyhow::{Result, anyhow};
use plotters::coord::Shift;
use plotters::prelude::*;
use tokenturn_bench::{Fleet, Store};

use crate::build;
use crate::calls::{CONCURRENCY, Calls};
use crate::codegen;
use crate::peers::title;
use crate::table::grouped;

const SIZE: (u32, u32) = (760, 340);
/// Neither dark nor light, so that they stand out from both pages.
const COLORS: [RGBColor; 6] = [
    RGBColor(110, 119, 129),
    RGBColor(13, 148, 136),
    RGBColor(37, 117, 230),
    RGBColor(217, 119, 6),
    RGBColor(190, 75, 190),
    RGBColor(200, 60, 60),
];
const GRID: RGBColor = RGBColor(140, 149, 159);
/// Text follows the page.
const STYLE: &str = "<style>text{fill:#1f2328}\
    @media(prefers-color-scheme:dark){text{fill:#e6edf3}}</style>";

/// Instructions of one reset, or its CPU time where they could not be counted.
pub(super) fn call(calls: &Calls) -> Result<String> {
    let counted = |row: &&crate::calls::Row| row.instructions.is_some();
    let rows: Vec<_> = calls.rows.iter().filter(counted).collect();
    let bare = rows.first().and_then(|row| row.instructions);
    let bars = rows.iter().map(|row| {
        let value = row.instructions.zip(bare);
        let value = value.map_or(0.0, |(own, bare)| own / bare);
        (title(&row.name).to_owned(), vec![value])
    });
    Bars {
        title: "Instructions of one reset, bare reqwest = 1",
        series: &["instructions"],
        bars: bars.collect(),
    }
    .draw()
}

pub(super) fn throughput(calls: &Calls) -> Result<String> {
    let places = CONCURRENCY.map(|calls| format!("{calls} at a time"));
    let names: Vec<&str> = calls.rows.iter().map(|row| title(&row.name)).collect();
    let bare = &calls.rows[0].per_second;
    let bars = places.into_iter().enumerate().map(|(place, name)| {
        let values = calls.rows.iter();
        let values = values.map(|row| row.per_second[place] / bare[place]);
        (name, values.collect())
    });
    Bars {
        title: "Resets per second, bare reqwest = 1",
        series: &names,
        bars: bars.collect(),
    }
    .draw()
}

pub(super) fn fleet(fleet: &Fleet) -> Result<String> {
    let line = |store: Store| -> Vec<(f64, f64)> {
        let sizes = fleet.sizes.iter().filter(|size| size.store == store);
        sizes
            .map(|size| (size.tokens as f64, size.tokens_per_second))
            .collect()
    };
    lines(
        "Tokens per second, by the number of tokens, each durable",
        "tokens",
        &[
            ("SQLite", line(Store::Sqlite)),
            ("PostgreSQL", line(Store::Postgres)),
        ],
    )
}

pub(super) fn build(rows: &[build::Row]) -> Result<String> {
    let bare = rows.iter().find(|row| row.name == "bare");
    let bare = bare.map_or((1.0, 1.0), |row| (row.debug, row.release));
    let bars = rows.iter().map(|row| {
        let values = vec![row.debug / bare.0, row.release / bare.1];
        (title(&row.name).to_owned(), values)
    });
    Bars {
        title: "CPU time of a build from nothing, bare reqwest = 1",
        series: &["debug", "release"],
        bars: bars.collect(),
    }
    .draw()
}

pub(super) fn codegen(rows: &[codegen::Row]) -> Result<String> {
    let points = rows.iter();
    let points = points.map(|row| (row.operations as f64, row.milliseconds_each()));
    lines(
        "Milliseconds of the generator for one operation",
        "operations in the spec",
        &[("", points.collect())],
    )
}

/// Groups of upright bars from zero.
struct Bars<'a> {
    title: &'a str,
    /// Names of the bars in each group.
    series: &'a [&'a str],
    bars: Vec<(String, Vec<f64>)>,
}

impl Bars<'_> {
    fn draw(&self) -> Result<String> {
        let highest = self.bars.iter().flat_map(|(_, values)| values);
        let highest = highest.copied().fold(1.0, f64::max);
        let (groups, each) = (self.bars.len(), self.series.len() as f64);
        // The legend of many series has no room beside the bars.
        let top = if self.series.len() > 2 { 2.0 } else { 1.12 };
        drawn(|area| {
            let mut chart = ChartBuilder::on(area);
            let mut chart = chart
                .caption(self.title, ("sans-serif", 18))
                .margin(10)
                .x_label_area_size(30)
                .y_label_area_size(45)
                .build_cartesian_2d(0.0..groups as f64, 0.0..highest * top)?;
            let name = |x: &f64| {
                // A label stands in the middle of its group.
                let group = (x.fract() == 0.5).then_some(x.floor() as usize);
                let bar = group.and_then(|group| self.bars.get(group));
                bar.map_or_else(String::new, |(name, _)| name.clone())
            };
            chart
                .configure_mesh()
                .disable_x_mesh()
                .x_labels(2 * groups + 1)
                .x_label_formatter(&name)
                .light_line_style(TRANSPARENT)
                .bold_line_style(GRID.mix(0.3))
                .axis_style(GRID)
                .label_style(("sans-serif", 13))
                .draw()?;
            for (place, (name, color)) in self.series.iter().zip(COLORS.iter().cycle()).enumerate()
            {
                let color = *color;
                let width = 0.8 / each;
                let bars = self.bars.iter().enumerate().map(|(group, (_, values))| {
                    let left = group as f64 + 0.1 + width * place as f64;
                    let corners = [(left, 0.0), (left + width * 0.92, values[place])];
                    Rectangle::new(corners, color.filled())
                });
                let drawn = chart.draw_series(bars)?;
                if self.series.len() > 1 {
                    drawn.label(*name).legend(move |(x, y)| {
                        Rectangle::new([(x, y - 5), (x + 12, y + 5)], color.filled())
                    });
                }
                let numbers = self.bars.iter().enumerate().map(|(group, (_, values))| {
                    let x = group as f64 + 0.1 + width * (place as f64 + 0.46);
                    let style = ("sans-serif", 12).into_text_style(area);
                    let style = style.pos(CENTERED);
                    Text::new(format!("{:.2}", values[place]), (x, values[place]), style)
                });
                chart.draw_series(numbers)?;
            }
            if self.series.len() > 1 {
                chart
                    .configure_series_labels()
                    .position(SeriesLabelPosition::UpperLeft)
                    .label_font(("sans-serif", 13))
                    .draw()?;
            }
            Ok(())
        })
    }
}

/// Lines from zero, over sizes that each are ten times the one before.
fn lines(title: &str, below: &str, series: &[(&str, Vec<(f64, f64)>)]) -> Result<String> {
    let points = || series.iter().flat_map(|(_, points)| points);
    let highest = points().map(|point| point.1).fold(0.0, f64::max);
    let ends = points().map(|point| point.0);
    let ends = ends.fold(f64::INFINITY..0.0, |Range { start, end }, x| {
        start.min(x)..end.max(x)
    });
    // Only powers of ten have labels.
    let ends = ends.start..10_f64.powf(ends.end.log10().ceil());
    drawn(|area| {
        let mut chart = ChartBuilder::on(area);
        let mut chart = chart
            .caption(title, ("sans-serif", 18))
            .margin(10)
            .margin_right(30)
            .x_label_area_size(45)
            .y_label_area_size(60)
            .build_cartesian_2d(ends.log_scale(), 0.0..highest * 1.12)?;
        chart
            .configure_mesh()
            .x_desc(below)
            .x_label_formatter(&|x| grouped(*x))
            .y_label_formatter(&|y| match highest < 10.0 {
                true => format!("{y:.1}"),
                false => grouped(*y),
            })
            .light_line_style(TRANSPARENT)
            .bold_line_style(GRID.mix(0.3))
            .axis_style(GRID)
            .label_style(("sans-serif", 13))
            .draw()?;
        for ((name, points), color) in series.iter().zip(COLORS[1..].iter().cycle()) {
            let line = LineSeries::new(points.iter().copied(), color.stroke_width(2));
            let drawn = chart.draw_series(line.point_size(4))?;
            if series.len() > 1 {
                drawn.label(*name).legend(move |(x, y)| {
                    PathElement::new([(x, y), (x + 14, y)], color.stroke_width(2))
                });
            }
        }
        if series.len() > 1 {
            chart
                .configure_series_labels()
                .position(SeriesLabelPosition::LowerRight)
                .label_font(("sans-serif", 13))
                .draw()?;
        }
        Ok(())
    })
}

const CENTERED: plotters::style::text_anchor::Pos = plotters::style::text_anchor::Pos {
    h_pos: plotters::style::text_anchor::HPos::Center,
    v_pos: plotters::style::text_anchor::VPos::Bottom,
};

/// What is drawn has no ground: the page shines through.
fn drawn<F>(draw: F) -> Result<String>
where
    F: FnOnce(&Area<'_>) -> Result<(), DrawingAreaErrorKind<std::io::Error>>,
{
    let mut text = String::new();
    {
        let area = SVGBackend::with_string(&mut text, SIZE).into_drawing_area();
        draw(&area).map_err(|error| anyhow!("cannot draw: {error}"))?;
        area.present()
            .map_err(|error| anyhow!("cannot draw: {error}"))?;
    }
    let (head, rest) = text.split_once('>').unwrap_or((&text, ""));
    Ok(format!("{head}>\n{STYLE}{rest}"))
}

type Area<'a> = DrawingArea<SVGBackend<'a>, Shift>;
