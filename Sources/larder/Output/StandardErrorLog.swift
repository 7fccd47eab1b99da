import Glibc
import JSON
import Logging
import Mirror

/// Writes log lines to standard error, as text or as one JSON object a line.
struct StandardErrorLog: LogHandler {
    let isJSON: Bool
    var metadata: Logger.Metadata = [:]
    var logLevel = Logger.Level.warning

    init(isJSON: Bool) {
        self.isJSON = isJSON
    }

    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    func log(event: LogEvent) {
        let metadata = metadata.merging(event.metadata ?? [:]) { _, new in new }.sorted { $0.key < $1.key }
        if isJSON {
            var writer = JSONWriter()
            writer.object { writer in
                writer.member("time", Clock.now())
                writer.member("level", event.level.rawValue)
                writer.member("message", "\(event.message)")
                for (key, value) in metadata { writer.member(key, "\(value)") }
            }
            Console.error(String(decoding: writer.bytes, as: UTF8.self))
        } else {
            let details = metadata.map { " \($0.key)=\($0.value)" }.joined()
            Console.error("larder: \(event.level.rawValue): \(event.message)\(details)")
        }
    }
}
