internal import Catalog
internal import Record

extension ProjectRecord {
    /// How many files the record has, by state.
    var counts: FileCounts {
        var counts = FileCounts()
        for file in files {
            switch file.state {
            case .present:
                counts.present += 1
                counts.presentBytes += file.size ?? 0
                if file.withheldUntil != nil { counts.withheld += 1 }
            case .known: counts.known += 1
            case .missing: counts.missing += 1
            case .excluded: counts.excluded += 1
            case .removed: counts.removed += 1
            }
        }
        counts.refused = UInt32(clamping: refusals.count)
        return counts
    }
}
