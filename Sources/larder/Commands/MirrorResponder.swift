import FileIO
import HTTPServer
import Mirror
import Packaging
import ServedTree

/// Answers from the published tree; what is not there of its packages comes from who fetches on demand, where somebody does.
struct MirrorResponder: Sendable {
    let tree: ServedTree
    let files: OnDemandFiles?
    /// Told of pages that are asked for.
    let refresh: PageRefresh?

    /// Answers a request.
    @Sendable func respond(_ request: ServedRequest) -> HTTPServer.Response {
        let answer: ServedAnswer
        do throws(FileError) {
            answer = try tree.answer(request)
        } catch {
            return .now(.failure(error))
        }
        guard answer.status == 404 else {
            if let refresh, let text = tree.project(of: request), let name = ProjectName(text) { refresh.note(name) }
            return .now(.success(answer))
        }
        guard let files, let place = tree.package(of: request) else { return .now(.success(answer)) }
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
