internal import Digest
internal import FileIO
internal import SystemPackage

/// Takes the body of one request: counts it, computes its digests and stores it.
///
/// Not thread-safe: all calls come from the thread of one lane, one after the other.
final class Receiver {
    private let request: TransferRequest
    private let fileSystem: any FileSystem
    private let partial: PartialFile?
    private let limit: UInt64
    private let maximumRatio: UInt64
    private var decoder: BodyDecoder?
    private var digests: BodyDigests?
    private var file: FileHandle?
    private var isCreated = false
    // Whether a part was kept, so that there may be a validator beside it.
    private var wasKept = false
    // Whether what was taken up is the whole by its digests, though nobody says how long that is.
    private var isTheWhole = false
    private var bytes: [UInt8] = []
    private var count: UInt64 = 0
    /// Why it stopped taking bytes.
    private(set) var failure: TransferError.Code?

    /// A receiver for the body of a request.
    init(_ request: TransferRequest, _ configuration: TransferConfiguration, fileSystem: any FileSystem) {
        self.request = request
        limit = BodyBounds(request, maximumMemoryBody: configuration.maximumMemoryBody).limit
        maximumRatio = configuration.maximumCompressionRatio
        self.fileSystem = fileSystem
        if case .resumable(let path) = request.destination {
            partial = PartialFile(path: path, fileSystem: fileSystem)
        } else {
            partial = nil
        }
    }

    // MARK: - Going on with a part

    /// How many bytes of the body are here before an attempt begins.
    var offset: UInt64 { count }

    /// Whether all the bytes that were expected are here.
    var isComplete: Bool { count > 0 && (count == request.expectation.size || isTheWhole) }

    /// Takes up the part of the body that an earlier request left.
    ///
    /// - Parameter isWanted: Asked now and then whether to go on.
    /// - Returns: What its server said of the whole.
    func takeUp(while isWanted: () -> Bool) -> String? {
        guard let partial else { return nil }
        let isVerifiable = !request.expectation.digests.isEmpty
        guard isVerifiable, let begun = try? BodyDigests(request.expectation.digests, withSHA256: true) else {
            partial.remove()
            return nil
        }
        var digests = begun
        guard let count = partial.read(limit: request.expectation.size ?? .max, into: &digests, while: isWanted) else {
            return nil
        }
        if request.expectation.size == nil { isTheWhole = matches(partial, count, while: isWanted) }
        self.count = count
        wasKept = true
        self.digests = consume digests
        isCreated = true
        return partial.validator
    }

    /// Whether a part has the digests of the whole; it is read once more, since a digest that ended cannot go on.
    private func matches(_ partial: PartialFile, _ count: UInt64, while isWanted: () -> Bool) -> Bool {
        guard var digests = try? BodyDigests(request.expectation.digests, withSHA256: true),
            partial.read(limit: count, into: &digests, while: isWanted) == count, let found = try? digests.finalize()
        else { return false }
        return request.expectation.digests.allSatisfy { found[$0.key] == $0.value }
    }

    /// Whether what came before a failure can be of use later.
    func canKeep(after code: TransferError.Code) -> Bool {
        partial != nil && code.leavesPart && !request.expectation.digests.isEmpty
    }

    /// Keeps the part that is here for another attempt or another request, if it can be of use to them.
    ///
    /// - Parameters:
    ///   - code: Why the attempt failed.
    ///   - validator: What the server said of the whole.
    /// - Returns: Whether it is kept.
    func keep(after code: TransferError.Code, validator: String?) -> Bool {
        guard let partial, failure == nil, count > 0, canKeep(after: code) else { return false }
        _ = file.take()
        partial.save(validator)
        wasKept = true
        return true
    }

    // MARK: - The body

    /// Begins a body that comes in encodings.
    func decode(_ encodings: [String]) {
        do throws(TransferError.Code) {
            decoder = try BodyDecoder(encodings, maximumRatio: maximumRatio)
        } catch {
            failure = error
        }
    }

    /// Makes room for a body in memory.
    func reserve(_ count: Int) {
        if case .memory = request.destination { bytes.reserveCapacity(count) }
    }

    /// Takes the next bytes.
    ///
    /// - Returns: Whether it is worth going on.
    func write(_ chunk: UnsafeRawBufferPointer) -> Bool {
        guard failure == nil else { return false }
        do throws(TransferError.Code) {
            try begin()
            if let decoder {
                try decoder.decode(chunk) { (part) throws(TransferError.Code) in try take(part) }
            } else {
                try take(chunk)
            }
            return true
        } catch {
            failure = error
            return false
        }
    }

    /// Compares the body with what was expected, and hands it over.
    ///
    /// - Parameter answer: What the server said of it.
    /// - Returns: The body; it is no longer the receiver's.
    /// - Throws: What is wrong with it.
    func finish(_ answer: Answer) throws(TransferError.Code) -> Received {
        if let failure { throw failure }
        try decoder?.finish()
        let expectation = request.expectation
        if let expected = expectation.size, expected != count {
            if isHTMLInsteadOfFile(answer) { throw .htmlInsteadOfFile }
            if count > expected { throw .tooLong(limit: expected, declared: nil) }
            if !answer.isDelimited { throw .shortBody(expected: expected, received: count) }
            throw .wrongSize(expected: expected, found: count)
        }
        try begin()
        let found: [DigestAlgorithm: [UInt8]]
        do throws(DigestError) {
            found = try digests?.finalize() ?? [:]
        } catch {
            throw .digest(error)
        }
        for (algorithm, expected) in expectation.digests where found[algorithm] != expected {
            if isHTMLInsteadOfFile(answer) { throw .htmlInsteadOfFile }
            throw .wrongDigest(algorithm, expected: expected, found: found[algorithm] ?? [])
        }
        // Closes the file; the descriptor is not needed to make it durable later.
        _ = file.take()
        if let partial {
            do throws(FileError) {
                try partial.complete(request.permissions, hasValidator: wasKept)
            } catch {
                throw .local(error)
            }
        }
        let body: TransferResponse.Body =
            switch request.destination {
            case .memory: .memory(bytes)
            case .file(let path), .resumable(let path): .file(path)
            }
        bytes = []
        isCreated = false
        return Received(body: body, size: count, sha256: found[.sha256].flatMap { SHA256Digest(bytes: $0) })
    }

    /// Removes what was stored and is ready for another attempt.
    func discard() {
        if count > 0 { request.progress?(.discarded) }
        _ = file.take()
        if isCreated {
            if let partial {
                partial.remove()
            } else if let path = request.destination.path {
                // A file that cannot be removed is swept later, with the rest of the directory.
                try? fileSystem.removeIfPresent(path)
            }
        }
        isCreated = false
        decoder = nil
        digests = nil
        bytes = []
        count = 0
        isTheWhole = false
        failure = nil
    }

    /// Gets everything ready for the first byte.
    private func begin() throws(TransferError.Code) {
        if digests == nil {
            let isFile = request.destination.path != nil
            do throws(DigestError) {
                digests = try BodyDigests(request.expectation.digests, withSHA256: isFile)
            } catch {
                throw .digest(error)
            }
        }
        guard file == nil, let path = request.destination.path else { return }
        if let partial {
            // One that cannot be opened may be somebody else's by now, and stays.
            isCreated = false
            file = try partial.open(at: count)
        } else {
            do throws(FileError) {
                file = try fileSystem.create(path, permissions: [.ownerRead, .groupRead, .otherRead])
            } catch {
                throw .local(error)
            }
        }
        isCreated = true
    }

    private func take(_ part: UnsafeRawBufferPointer) throws(TransferError.Code) {
        guard UInt64(part.count) <= limit - min(limit, count) else { throw .tooLong(limit: limit, declared: nil) }
        digests?.update(part)
        count += UInt64(part.count)
        switch request.destination {
        case .memory: bytes.append(contentsOf: part)
        case .file, .resumable: try store(part)
        }
    }

    private func store(_ chunk: UnsafeRawBufferPointer) throws(TransferError.Code) {
        guard let opened = file.take() else { return }
        do throws(FileError) {
            try fileSystem.write(chunk, to: opened)
        } catch {
            throw .local(error)
        }
        file = consume opened
        request.progress?(.stored(count))
    }

    private func isHTMLInsteadOfFile(_ answer: Answer) -> Bool {
        guard request.destination.path != nil else { return false }
        return answer.isHTML
    }
}

/// A body that is what was expected.
struct Received {
    /// Where it is.
    let body: TransferResponse.Body
    /// How many bytes it has.
    let size: UInt64
    /// Its SHA-256, if it was computed.
    let sha256: SHA256Digest?
}

extension TransferError.Code {
    /// Whether the failure says nothing against the bytes that came before it.
    fileprivate var leavesPart: Bool {
        switch self {
        case .wrongDigest, .wrongSize, .tooLong, .wrongRange, .status(416, _), .htmlInsteadOfFile, .digest, .local:
            false
        default: true
        }
    }
}
