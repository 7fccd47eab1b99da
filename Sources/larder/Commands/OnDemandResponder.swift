internal import FileIO
import HTTPServer
import Mirror
import ServedTree

/// Answers from the published tree, and what is not there of its packages from who fetches on demand.
struct OnDemandResponder: Sendable {
    let tree: ServedTree
    let files: OnDemandFiles

    /// Answers a request.
    @Sendable func respond(_ request: ServedRequest) -> HTTPServer.Response {
        let answer: ServedAnswer
        do throws(FileError) {
            answer = try tree.answer(request)
        } catch {
            return .now(.failure(error))
        }
        guard answer.status == 404, let place = tree.package(of: request) else { return .now(.success(answer)) }
        return .later {
            switch await files.answer(place.filename, at: place.path, isHead: request.isHead) {
            case .found(let content): tree.answer(request, with: content)
            case .absent: answer
            case .failed(let reason): .plain(504, reason, [("Retry-After", "60")])
            case .busy: .plain(503, "too many files are asked for at a time", [("Retry-After", "10")])
            }
        }
    }
}
