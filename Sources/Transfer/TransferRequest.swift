package import Digest
package import SystemPackage

/// One thing to download, and what must be true of it.
package struct TransferRequest: Sendable {
    /// The classes of requests; a waiting page is started before a waiting file.
    package enum Priority: Int, CaseIterable, Sendable {
        /// A project list or page, without which nothing else is known.
        case page
        /// A package or a sidecar.
        case file
    }

    /// How the body may be encoded on the way.
    package enum Encoding: Sendable {
        /// The bytes as they are; they are never decoded, whatever the server claims.
        case identity
        /// gzip or deflate where the server likes; the limit counts the decoded bytes.
        case compressed
    }

    /// Where the body goes.
    package enum Destination: Sendable {
        /// Into the response.
        case memory
        /// Into a new file that only the engine writes, of mode 0444; removed when the transfer fails.
        ///
        /// Its directory exists, and nothing has its name. Nothing is synchronized.
        case file(FilePath)
        /// Into a file that a request which failed leaves behind, so that the next one for the same path goes on with
        /// it; it gets ``TransferRequest/permissions`` when it is complete. See ``PartialFile``.
        ///
        /// One request at a time uses the path. Without an expected digest, the file is not continued.
        case resumable(FilePath)
    }

    /// What the index said of a file.
    package struct Expectation: Sendable, Equatable {
        /// The size in bytes.
        package var size: UInt64?
        /// The digests; all of them are checked.
        package var digests: [DigestAlgorithm: [UInt8]]

        /// What must be true of the body.
        package init(size: UInt64? = nil, digests: [DigestAlgorithm: [UInt8]] = [:]) {
            self.size = size
            self.digests = digests
        }
    }

    /// What a server said of the version that is here already, for a conditional request (RFC 9110, section 13).
    package struct Validators: Sendable, Equatable {
        /// The entity tag, as it came.
        package var etag: String?
        /// The `Last-Modified`, as it came.
        package var lastModified: String?

        /// What is known of the version that is here.
        package init(etag: String? = nil, lastModified: String? = nil) {
            self.etag = etag
            self.lastModified = lastModified
        }

        /// Whether there is nothing to ask with.
        var isEmpty: Bool { etag == nil && lastModified == nil }
    }

    /// An absolute URL of a supported scheme; user info in it serves its origin only and is never printed.
    package var url: String
    /// Further URLs of the same thing, in the order in which they are to be tried when ``url`` fails.
    ///
    /// A page's 404 or 410 is final when it comes from ``url``; anything else sends a request on to the next host.
    package var alternatives: [String]
    /// The class.
    package var priority: Priority
    /// Where the body goes.
    package var destination: Destination
    /// The `Accept` header.
    package var accept: String?
    /// How the body may be encoded.
    package var encoding: Encoding
    /// What is here already; only ``url`` is asked with it.
    package var validators: Validators
    /// The most decoded bytes; `nil` for the configured limit in memory, and for no limit in a file.
    package var maximumByteCount: UInt64?
    /// What must be true of the body.
    package var expectation: Expectation
    /// The permissions of a complete file that could be continued; those of any other are 0444.
    package var permissions: FilePermissions = [.ownerRead, .groupRead, .otherRead]
    /// Whether a part may lie where a file is continued; without one, nobody needs to look.
    package var mayHavePart = true
    /// Told how far a body has come that goes into a file, on a thread that must not be made to wait for long.
    package var progress: (@Sendable (BodyProgress) -> Void)?

    /// A request.
    package init(
        url: String,
        alternatives: [String] = [],
        priority: Priority,
        destination: Destination,
        accept: String? = nil,
        encoding: Encoding,
        validators: Validators = Validators(),
        maximumByteCount: UInt64? = nil,
        expectation: Expectation = Expectation()
    ) {
        self.url = url
        self.alternatives = alternatives
        self.priority = priority
        self.destination = destination
        self.accept = accept
        self.encoding = encoding
        self.validators = validators
        self.maximumByteCount = maximumByteCount
        self.expectation = expectation
    }

    /// A request for a page, compressed, into memory.
    package static func page(
        _ url: String,
        alternatives: [String] = [],
        accept: String?,
        validators: Validators = Validators()
    ) -> Self {
        Self(
            url: url,
            alternatives: alternatives,
            priority: .page,
            destination: .memory,
            accept: accept,
            encoding: .compressed,
            validators: validators
        )
    }

    /// A request for a package or a sidecar, as its bytes are, into a new file.
    package static func file(
        _ url: String,
        alternatives: [String] = [],
        to path: FilePath,
        expectation: Expectation
    ) -> Self {
        Self(
            url: url,
            alternatives: alternatives,
            priority: .file,
            destination: .file(path),
            encoding: .identity,
            expectation: expectation
        )
    }
}

extension TransferRequest.Destination {
    /// The file that is written; `nil` for memory.
    package var path: FilePath? {
        switch self {
        case .memory: nil
        case .file(let path), .resumable(let path): path
        }
    }
}
