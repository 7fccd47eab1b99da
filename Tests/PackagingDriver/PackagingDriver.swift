// For the library of mathematics, which JSON needs.
import Glibc
import JSON
import Packaging

/// Answers what `tools/differential` asks, or measures with `--speed` (``Speed``).
///
/// Each line of standard input is an array, whose first element names what is asked; each line of standard output is the
/// answer.
@main
struct PackagingDriver {
    static func main() {
        if CommandLine.arguments.dropFirst().first == "--speed" { return Speed.measure() }
        var answers = Answers()
        while let line = readLine(strippingNewline: true) {
            var writer = JSONWriter()
            do throws(JSONError) {
                var question = try JSONDocument(Array(line.utf8)).root.array
                guard let kind = question.next()?.string else { throw JSONError(message: "no kind") }
                answers.answer(kind, Array(question), to: &writer)
            } catch {
                writer.string("not understood: \(error.message)")
            }
            print(String(decoding: writer.bytes, as: UTF8.self))
        }
    }
}
