internal import SimpleIndex

/// How the syncs of the last days ended, as a bar for each day, with a title for who does not see it.
///
/// Heights tell as much as colours.
struct SyncChart {
    /// The days that are shown.
    static let dayCount: Int64 = 90

    /// What is known of days.
    let history: [DailyFigures]
    /// The last day.
    let today: CalendarDay

    /// Writes the picture with what stands around it.
    func write(to writer: inout HTMLWriter) {
        let start = CalendarDay(number: today.number - Self.dayCount + 1)
        let known = history.filter { $0.day >= start && $0.day <= today }
        let complete = known.count { $0.completeSyncs > 0 }
        let partial = known.count { $0.completeSyncs == 0 && $0.otherSyncs > 0 }
        let first = history.first.map { max($0.day, start) } ?? today
        let days = Int(today.number - first.number) + 1
        writer.markup("<figure><figcaption>Synced <strong>")
        writer.text("\(Figure.count(complete)) of \(Figure.of(days, "day"))")
        writer.markup(
            "</strong></figcaption>\n<svg viewBox=\"0 0 360 108\" role=\"img\" aria-labelledby=\"chart-syncs\">"
        )
        writer.markup("<title id=\"chart-syncs\">")
        writer.text("Syncs by day from \(first) to \(today): complete on \(Figure.of(complete, "day")), ")
        writer.text(
            "only in part on \(Figure.of(partial, "day")), none on \(Figure.of(days - complete - partial, "day"))"
        )
        writer.markup("</title>\n<line class=\"axis\" x1=\"0\" y1=\"99\" x2=\"360\" y2=\"99\"/>")
        for figures in known {
            let x = (figures.day.number - start.number) * 4
            if figures.completeSyncs > 0 {
                writer.element("<rect class=\"good\" x=\"", String(x), "\" y=\"9\" width=\"3\" height=\"90\"/>")
            } else if figures.otherSyncs > 0 {
                writer.element("<rect class=\"bad\" x=\"", String(x), "\" y=\"63\" width=\"3\" height=\"36\"/>")
            }
        }
        writer.markup("</svg>\n<p class=\"range\"><span>")
        writer.text("\(start)")
        writer.markup("</span> <span>")
        writer.text("\(today)")
        writer.markup("</span></p></figure>\n")
    }
}
