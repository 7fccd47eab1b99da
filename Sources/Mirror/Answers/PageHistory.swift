internal import FileIO
internal import JSON
internal import SystemPackage
internal import WebPages

/// What the front page tells of the past, in `pages/history.json`.
///
/// Nothing else depends on it: without it, or where it is damaged, charts begin anew.
struct PageHistory: Equatable {
    /// What the mirror held at the end of each day, in the order of days; at most ``DailyFigures/limit``.
    private(set) var days: [DailyFigures] = []
    /// What the store held when that was counted.
    var size: FrontPage.Size?
    /// What the last verification said.
    var verification: FrontPage.Verification?

    /// Reads it; an empty one when there is none, or none that can be read.
    init(_ path: FilePath, fileSystem: any FileSystem) {
        guard let bytes = try? fileSystem.contents(of: path, limit: 1 << 20), let root = try? JSONDocument(bytes).root
        else { return }
        if let values = root["days"]?.array {
            for value in values {
                guard let figures = DailyFigures(value), days.last.map({ $0.day < figures.day }) ?? true else {
                    continue
                }
                days.append(figures)
            }
        }
        size = root["size"].flatMap { FrontPage.Size($0) }
        verification = root["verification"].flatMap { FrontPage.Verification($0) }
    }

    /// Changes what is noted of a day, and forgets those that are too long ago or have not come yet.
    ///
    /// A few days that have not come yet are of a clock that was wrong for a while. More of them are believed rather than a
    /// clock that would have them forgotten: then nothing is noted.
    mutating func note(_ day: CalendarDay, _ change: (inout DailyFigures) -> Void) {
        guard days.count(where: { $0.day > day }) <= 31 else { return }
        days.removeAll { $0.day > day || $0.day.number <= day.number - Int64(DailyFigures.limit) }
        if days.last?.day != day { days.append(DailyFigures(day: day)) }
        change(&days[days.count - 1])
    }

    /// Its bytes.
    func encoded() -> [UInt8] {
        var writer = JSONWriter()
        writer.object { writer in
            writer.arrayMember("days", of: days) { $1.write(to: &$0) }
            if let size { writer.objectMember("size") { size.write(to: &$0) } }
            if let verification { writer.objectMember("verification") { verification.write(to: &$0) } }
        }
        return writer.bytes + [UInt8(ascii: "\n")]
    }
}

extension DailyFigures {
    fileprivate init?(_ value: JSONValue) {
        guard let day = value["day"]?.integer, let projects = value["projects"]?.unsigned,
            let files = value["files"]?.unsigned
        else { return nil }
        self.init(
            day: CalendarDay(number: min(max(day, -1_000_000), 1_000_000)),
            projects: Int(clamping: projects),
            files: Int(clamping: files),
            bytes: value["bytes"]?.unsigned,
            completeSyncs: Int(clamping: value["complete"]?.unsigned ?? 0),
            otherSyncs: Int(clamping: value["other"]?.unsigned ?? 0)
        )
    }

    fileprivate func write(to writer: inout JSONWriter) {
        writer.object { writer in
            writer.member("bytes", bytes)
            writer.member("complete", completeSyncs)
            writer.member("day", day.number)
            writer.member("files", files)
            writer.member("other", otherSyncs)
            writer.member("projects", projects)
        }
    }
}

extension FrontPage.Size {
    fileprivate init?(_ value: JSONValue) {
        guard let objects = value["objects"]?.unsigned, let bytes = value["bytes"]?.unsigned,
            let time = value["time"]?.integer
        else { return nil }
        self.init(objects: Int(clamping: objects), bytes: bytes, time: time)
    }

    fileprivate func write(to writer: inout JSONWriter) {
        writer.member("bytes", bytes)
        writer.member("objects", objects)
        writer.member("time", time)
    }
}

extension FrontPage.Verification {
    fileprivate init?(_ value: JSONValue) {
        guard let finished = value["finished"]?.integer, let objects = value["objects"]?.unsigned,
            let covered = value["covered"]?.unsigned, let findings = value["findings"]?.unsigned
        else { return nil }
        self.init(
            finished: finished,
            objects: Int(clamping: objects),
            covered: Int(clamping: covered),
            maximumAge: value["maximumAge"]?.integer,
            oldestCheck: value["oldestCheck"]?.integer,
            findings: Int(clamping: findings)
        )
    }

    fileprivate func write(to writer: inout JSONWriter) {
        writer.member("covered", covered)
        writer.member("findings", findings)
        writer.member("finished", finished)
        writer.member("maximumAge", maximumAge)
        writer.member("objects", objects)
        writer.member("oldestCheck", oldestCheck)
    }
}
