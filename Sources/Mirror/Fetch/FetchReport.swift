package import Digest
package import SystemPackage
package import Transfer

/// A URL of a fetch and what became of it.
package struct FetchedFile: Sendable {
    /// What became of a URL.
    package enum Status: String, Sendable {
        /// The file came, was checked, and is durable under its name.
        case downloaded
        /// The file was here with the right digests; nothing was asked for.
        case present
        /// The file is not here, or not as it should be.
        case failed
    }

    /// Its number among all URLs, from 0.
    package let index: Int
    /// The URL, without user info and fragment.
    package let url: String
    /// Where the file is, or would be.
    package let path: FilePath
    /// What became of it.
    package internal(set) var status = Status.failed
    /// Why it failed, in one line.
    package internal(set) var reason: String?
    /// The URL that answered, after all redirects.
    package internal(set) var finalURL: String?
    /// The HTTP status; a `file://` URL answers in the same way.
    package internal(set) var httpStatus: Int?
    /// The size in bytes.
    package internal(set) var size: UInt64?
    /// The SHA-256.
    package internal(set) var sha256: SHA256Digest?
    /// The digests that were expected and that the file has.
    package internal(set) var checkedDigests: Set<DigestAlgorithm> = []
    /// Whether the size was expected, and the file has it.
    package internal(set) var isSizeChecked = false
    /// How many times it was asked for.
    package internal(set) var attempts = 0
    /// How many bytes were here before the last attempt.
    package internal(set) var resumedBytes: UInt64 = 0
    /// Why other URLs of it were given up, in order.
    package internal(set) var fallbacks: [String] = []
    /// How long the parts of the last attempt took.
    package internal(set) var timings: TransferTimings?
    /// The entity tag, as it came.
    package internal(set) var etag: String?
    /// The `Last-Modified`, as it came.
    package internal(set) var lastModified: String?
    /// The `Content-Type`, as it came.
    package internal(set) var contentType: String?
    /// Whether this machine is why it failed, and not who was asked.
    package internal(set) var isRefusedHere = false

    /// A URL of which nothing became yet.
    init(index: Int, url: String, path: FilePath) {
        self.index = index
        self.url = removingUserInfo(url)
        self.path = path
    }

    /// The file was here, with these digests.
    mutating func note(_ digests: [DigestAlgorithm: [UInt8]], size: UInt64, expected: TransferRequest.Expectation) {
        status = .present
        self.size = size
        sha256 = digests[.sha256].flatMap { SHA256Digest(bytes: $0) }
        checkedDigests = Set(expected.digests.keys)
        isSizeChecked = expected.size != nil
    }

    /// The transfer came to a good end.
    mutating func note(_ response: TransferResponse) {
        status = .downloaded
        finalURL = withoutQuery(response.finalURL)
        httpStatus = response.status
        size = response.size
        sha256 = response.sha256
        checkedDigests = response.checkedDigests
        isSizeChecked = response.isSizeChecked
        attempts = response.attempts
        resumedBytes = response.resumedBytes
        fallbacks = response.fallbacks.map { "\($0)" }
        timings = response.timings
        etag = response.etag
        lastModified = response.lastModified
        contentType = response.contentType
    }

    /// The transfer failed.
    mutating func note(_ error: TransferError) {
        status = .failed
        reason = "\(error)"
        attempts = error.attempts
        fallbacks = error.fallbacks.map { "\($0)" }
        if case .status(let status, _) = error.code { httpStatus = status }
    }

    /// It is refused for what is here.
    mutating func refuse(_ reason: String) {
        status = .failed
        self.reason = reason
        isRefusedHere = true
    }
}

/// What a fetch did.
package struct FetchReport: Sendable {
    /// How it ended; `failed` when no server gave anything that could be used.
    package internal(set) var outcome = Outcome.complete
    /// How long it took.
    package internal(set) var seconds = 0.0
    /// How many URLs there were.
    package internal(set) var requested = 0
    /// Files that were downloaded.
    package internal(set) var downloaded = 0
    /// Files that were here.
    package internal(set) var present = 0
    /// URLs that failed.
    package internal(set) var failed = 0
    /// Bytes of the files that were downloaded.
    package internal(set) var bytesDownloaded: UInt64 = 0
    /// What became of the URLs, in their order; only the failed ones unless the options ask for all.
    package internal(set) var files: [FetchedFile] = []
    /// What the engine did; `nil` before the end.
    package internal(set) var statistics: TransferStatistics?

    /// What failed, as reports list it.
    package var failures: [Failure] {
        files.filter { $0.status == .failed }.map { file in
            Failure(
                project: nil,
                file: file.path.lastComponent?.string,
                url: file.url,
                reason: file.reason ?? "failed",
                attempts: file.attempts
            )
        }
    }

    private var hasRefused = false

    /// An empty report.
    init() {}

    /// Counts a file that is done.
    mutating func add(_ file: FetchedFile, listing: Bool) {
        switch file.status {
        case .downloaded:
            downloaded += 1
            bytesDownloaded += file.size ?? 0
        case .present: present += 1
        case .failed:
            failed += 1
            hasRefused = hasRefused || file.isRefusedHere
        }
        if listing || file.status == .failed { files.append(file) }
    }

    /// Decides how it ended.
    mutating func conclude(isInterrupted: Bool) {
        files.sort { $0.index < $1.index }
        // Without any URL, it ended before the list was known.
        let isComplete = requested > 0 && failed == 0 && downloaded + present == requested
        if isComplete {
            outcome = .complete
        } else if isInterrupted {
            outcome = .interrupted
        } else {
            outcome = downloaded + present == 0 && !hasRefused ? .failed : .partial
        }
    }
}
