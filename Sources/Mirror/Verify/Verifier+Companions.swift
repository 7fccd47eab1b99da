internal import Catalog
internal import Digest
internal import FileIO
internal import ObjectStore
internal import Provenance
internal import Publication
internal import Record
internal import SystemPackage
internal import WheelMetadata

extension Verifier {
    /// Notes something about a published project.
    typealias PublicationNote = (Finding.Class, SHA256Digest?, String, String?, String) -> Void

    /// The objects that a file on a page leads to, and whether its companions belong to it.
    ///
    /// - Parameters:
    ///   - file: The file.
    ///   - note: Notes a finding, unless the page is another one by now.
    func check(_ file: FileRecord, _ note: PublicationNote) {
        guard let digest = file.sha256, let path = file.path else { return }
        var isWhole = true
        for entry in file.heldPackages where !isThere(entry.object, in: Tables.objects) {
            isWhole = false
            let detail = "the page lists it, and the index knows no such object"
            note(.publicationDangling, entry.object, entry.relativePath, entry.filename, detail)
        }
        guard isWhole else { return }
        checkProvenance(of: file, digest, path, note)
        // Of a file that is had on demand, upstream's word is all there is until it came.
        guard let sidecar = file.sidecar.object, file.isPresent || isThere(digest, in: Tables.objects) else { return }
        let entry = PackageEntry(.sidecar, sidecar, of: file.filename, at: path)
        let problem: String
        do {
            let wheel = try mirror.fileSystem.open(mirror.objects.path(of: digest), for: .reading)
            let within = try Self.metadata(within: wheel, named: file.filename)
            if within == sidecar { return }
            problem = "the sidecar has \(sidecar), the metadata within the wheel has \(within)"
        } catch  where Self.isOfDisk(error) {
            // What could not be read says nothing about the page.
            let path = "objects/" + ObjectStore.relativePath(of: digest)
            return note(.ioError, digest, path, file.filename, "\(error)")
        } catch {
            problem = "the metadata within the wheel cannot be read: \(error)"
        }
        // A damaged wheel is damage of the wheel, and no page is wrong because of it.
        guard isRight(digest) else { return }
        note(.pageMismatch, sidecar, entry.relativePath, entry.filename, problem)
    }

    /// Whether the provenance of a file speaks of it.
    private func checkProvenance(
        of file: FileRecord,
        _ digest: SHA256Digest,
        _ path: String,
        _ note: PublicationNote
    ) {
        guard let document = file.provenanceDocument.object else { return }
        let entry = PackageEntry(.provenance, document, of: file.filename, at: path)
        do {
            try mirror.fileSystem.checkProvenance(at: mirror.objects.path(of: document), of: file.filename, digest)
        } catch let error as ProvenanceError {
            // A damaged object is damage of the object, and no page is wrong because of it.
            guard isRight(document) else { return }
            note(.pageMismatch, document, entry.relativePath, entry.filename, "the provenance is none: \(error)")
        } catch let error as FileError where error.errno == .fileTooLarge {
            // None so large is ever taken, so that it is another one's bytes.
            _ = isRight(document)
        } catch {
            guard Self.isOfDisk(error) else { return }
            let path = "objects/" + ObjectStore.relativePath(of: document)
            note(.ioError, document, path, entry.filename, "\(error)")
        }
    }

    /// The digest of the metadata within a wheel.
    private static func metadata(within wheel: borrowing FileHandle, named filename: String) throws -> SHA256Digest {
        try SHA256Digest.hash(try WheelMetadata.read(wheelOn: wheel.descriptor, filename: filename))
    }

    /// Whether a call on a file failed, which says nothing about its bytes; that it is missing is damage.
    private static func isOfDisk(_ error: any Error) -> Bool {
        if let error = error as? FileError { return !error.isMissing }
        guard case .failed? = (error as? WheelMetadataError)?.reason else { return false }
        return true
    }

    /// Whether an object is what its name says; what is not is noted unless another mode does that.
    private func isRight(_ digest: SHA256Digest) -> Bool {
        guard let row = currentRow(of: digest, in: Tables.objects) else { return false }
        let path = "objects/" + ObjectStore.relativePath(of: digest)
        let isReported = options.modes.contains(.content)
        do {
            var hasher = try ObjectHasher()
            let found = try mirror.objects.rehash(digest, expecting: row.size, with: &hasher, proceeds: limits.spend)
            guard let found else { return false }
            if found.digest == digest { return true }
            let detail = "its bytes have another digest"
            if !isReported { note(.digestMismatch, digest, row, path, detail) }
        } catch ObjectError.file(let error) where error.isMissing {
            if !isReported, !options.modes.contains(.quick) {
                note(.missing, digest, row, path, "there is no file")
            }
        } catch {
            if !isReported { note(.ioError, digest, row, path, "\(error)") }
        }
        return false
    }
}
