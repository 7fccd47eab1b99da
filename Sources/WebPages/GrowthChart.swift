internal import SimpleIndex

/// A figure over days as a small picture, with a title and a description for who does not see it.
struct GrowthChart {
    /// What is shown; also the start of the identifiers of its title and description.
    let name: StaticString
    /// The figure of each day, in the order of days, at least two.
    let points: [(day: CalendarDay, value: Double)]
    /// Writes a value as people read it.
    let label: (Double) -> String

    private static let (width, height) = (320.0, 96.0)
    private static let (top, bottom) = (8.0, 88.0)

    /// Writes the picture with what stands around it.
    func write(to writer: inout HTMLWriter) {
        guard let first = points.first, let last = points.last, first.day < last.day else { return }
        let highest = points.map(\.value).max() ?? 0
        // From zero on, so that a change looks as large as it is.
        let scale = highest > 0 ? (Self.bottom - Self.top) / highest : 0
        let days = Double(last.day.number - first.day.number)
        let places = points.map { point in
            let x = Double(point.day.number - first.day.number) / days * Self.width
            return "\(Self.tenths(x)),\(Self.tenths(Self.bottom - point.value * scale))"
        }
        writer.markup("<figure><figcaption>")
        writer.markup(name)
        writer.element(" <strong>", label(last.value), "</strong></figcaption>\n")
        writer.markup("<svg viewBox=\"0 0 320 96\" role=\"img\" aria-labelledby=\"chart-")
        writer.markup(name)
        writer.markup("\"><title id=\"chart-")
        writer.markup(name)
        writer.markup("\">")
        writer.markup(name)
        writer.text(
            " from \(first.day) to \(last.day): at first \(label(first.value)), at last \(label(last.value)), "
                + "at most \(label(highest))"
        )
        writer.markup("</title>\n<line class=\"axis\" x1=\"0\" y1=\"88\" x2=\"320\" y2=\"88\"/>")
        writer.markup("<path class=\"area\" d=\"M0,88 L")
        writer.plain(places.joined(separator: " "))
        writer.markup(" L320,88 Z\"/><polyline class=\"line\" points=\"")
        writer.plain(places.joined(separator: " "))
        writer.markup("\"/></svg>\n")
        writer.element("<p class=\"range\"><span>", "\(first.day)", "</span> ")
        writer.element("<span>", "\(last.day)", "</span></p></figure>\n")
    }

    /// A number with one decimal digit.
    static func tenths(_ value: Double) -> String {
        let tenths = Int((max(0, value) * 10).rounded())
        return tenths % 10 == 0 ? "\(tenths / 10)" : "\(tenths / 10).\(tenths % 10)"
    }
}
