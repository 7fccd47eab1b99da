internal import Catalog
internal import Configuration
internal import Digest
internal import FileIO
internal import ObjectStore
internal import Scheduling

extension Verifier {
    /// The bytes of objects against their names, and of copies against their objects', those first whose last check is
    /// longest ago.
    ///
    /// The index has no order by age. Each pass walks all rows and keeps the oldest ones, as many as memory allows;
    /// they are hashed in their order, and as long as there may be more another pass goes on behind the last of them.
    ///
    /// - Parameter projects: The projects whose objects to hash; `nil` for everything.
    /// - Throws: ``MirrorError`` when the disk fails.
    func checkContent(of projects: [ProjectScope]?) async throws(MirrorError) {
        progress.begin(.content)
        let start = mirror.now()
        let checked = CheckedObjects(catalog: mirror.catalog, now: mirror.now) { !isBroken }
        let lanes = ContentLanes(
            processors: Clock.processorCount,
            chunk: limits.chunk(atMost: ObjectHasher.ordinaryChunk)
        )
        var last: OldestObjects.Candidate?
        while !limits.isOver {
            let (candidates, isLast) = try await candidates(after: last, startedAt: start, of: projects)
            guard let end = candidates.last else { break }
            do throws(DigestError) {
                try await lanes.forEach(of: candidates, within: limits) { candidate, hasher in
                    switch candidate.subject {
                    case .object(let digest): check(digest, with: &hasher, checked)
                    case .copy(let key): check(key, with: &hasher, checked)
                    }
                    progress.update { $0.items.done += 1 }
                }
            } catch {
                throw .library("\(error)")
            }
            await mirror.workers.run { checked.flush() }
            if isLast { break }
            last = end
        }
        if let failure = checked.failure {
            if failure.isOfIndex { return note(failure) }
            note(Finding(.ioError, path: "index", detail: "what was checked could not be noted: \(failure)"))
        }
    }

    /// The oldest objects and copies that are due and come after another one.
    ///
    /// - Returns: They, oldest first, and whether there are no others.
    private func candidates(
        after last: OldestObjects.Candidate?,
        startedAt start: Int64,
        of projects: [ProjectScope]?
    ) async throws(MirrorError) -> (candidates: [OldestObjects.Candidate], isLast: Bool) {
        let time = mirror.now()
        let sample = options.sample.map { DigestSample($0, seed: options.seed) }
        let maximumAge = options.maximumAge ?? mirror.configuration.verification.maximumAge
        let youngest = min(start, time - (maximumAge?.components.seconds ?? 0))
        let oldest = Locked(OldestObjects(capacity: options.passSize))
        let isFirst = last == nil
        let consider = {
            (batch: [(subject: OldestObjects.Subject, name: SHA256Digest, size: UInt64, checkedAt: Int64)]) in
            var (count, bytes) = (0, UInt64(0))
            oldest.withLock { oldest in
                for (subject, name, size, checkedAt) in batch {
                    let candidate = OldestObjects.Candidate(checkedAt: checkedAt, subject: subject, size: size)
                    guard checkedAt <= youngest, sample?.contains(name) ?? true, last.map({ $0 < candidate }) ?? true
                    else { continue }
                    oldest.insert(candidate)
                    count += 1
                    bytes += size
                }
            }
            guard isFirst else { return }
            progress.update { progress in
                progress.items.total += count
                progress.bytes.total += bytes
            }
        }
        try await forEachObject(
            of: projects,
            inPieces: { batch throws(MirrorError) in
                consider(batch.map { (.object($0.key), $0.key, $0.row.size, $0.row.checkedAt(asOf: time)) })
            }
        )
        try await forEachCopy(
            of: projects,
            inPieces: { batch throws(MirrorError) in
                consider(batch.map { (.copy($0.key), $0.row.object, $0.row.size, $0.row.checkedAt(asOf: time)) })
            }
        )
        return oldest.withLock { oldest in
            let isLast = !oldest.isFull
            return (oldest.sorted(), isLast)
        }
    }

    /// Hashes an object.
    private func check(_ digest: SHA256Digest, with hasher: inout ObjectHasher, _ checked: CheckedObjects) {
        // The row as it is now: a sync or a collection may have changed it since the walk.
        guard let row = currentRow(of: digest, in: Tables.objects) else { return }
        var path: String { "objects/" + ObjectStore.relativePath(of: digest) }
        do throws(ObjectError) {
            let found = try mirror.objects.rehash(digest, expecting: row.size, with: &hasher) { count in
                progress.update { $0.bytes.done += UInt64(count) }
                // Others may wait to be told while this one is long.
                checked.flushIfDue()
                return limits.spend(count)
            }
            guard let found else { return }
            update { report in
                if !options.modes.contains(.quick) { report.checkedObjects += 1 }
                report.hashedObjects += 1
                report.checkedBytes += found.size
            }
            if found.digest == digest {
                checked.add(digest)
            } else {
                let kind: Finding.Class =
                    found.size < row.size ? .short : found.size > row.size ? .long : .digestMismatch
                note(kind, digest, row, path, "its \(found.size) bytes have the digest \(found.digest)")
            }
        } catch {
            if case .file(let cause) = error, cause.isMissing {
                note(.missing, digest, row, path, "there is no file")
            } else {
                note(.ioError, digest, row, path, "\(error)")
            }
        }
    }
}
