import TestSupport
import Testing

/// The four things that a sync asks an upstream for.
enum Resource: CaseIterable, Hashable {
    case list
    case page
    case file
    case sidecar

    /// What a path, or a URL, stands for; anything outside `simple/` is a file.
    init(_ path: String) {
        if path.hasSuffix("/simple/") {
            self = .list
        } else if path.contains("/simple/") {
            self = .page
        } else {
            self = path.hasSuffix(".metadata") ? .sidecar : .file
        }
    }
}

extension [ServerRequest] {
    /// What was asked for.
    var resources: Set<Resource> { Set<Resource>(map { Resource($0.path) }) }

    /// What was asked for in a certain way, each time.
    ///
    /// - Parameter condition: The way.
    /// - Returns: The things of which there was a request, and every one was like that.
    func resources(where condition: (ServerRequest) -> Bool) -> Set<Resource> {
        resources.subtracting(filter { !condition($0) }.resources)
    }
}

extension Set<Resource> {
    /// List, page, file and sidecar.
    static var everything: Self { Set(Resource.allCases) }
}
