import JSON
import Transfer

extension TransferStatistics {
    /// Writes the members of `transfer` in a report.
    func write(to writer: inout JSONWriter) {
        writer.member("requests", files + pages)
        writer.member("retries", retries)
        writer.objectMember("retriesByCause") { writer in
            for (cause, count) in retriesByCause.sorted(by: { $0.key.rawValue < $1.key.rawValue }) {
                writer.member(cause.rawValue, count)
            }
        }
        writer.member("fallbacks", fallbacks)
        writer.member("resumptions", resumptions)
        writer.member("redirects", redirects)
        writer.member("bytesReceived", bytesReceived)
        writer.member("connections", connectionsOpened)
        writer.member("peakInFlight", peakInFlight)
        writer.objectMember("hosts") { writer in
            for (origin, host) in hosts.sorted(by: { $0.key < $1.key }) {
                writer.objectMember(origin) { writer in
                    writer.member("succeeded", host.succeeded)
                    writer.member("failedAttempts", host.failedAttempts)
                    writer.member("bytesReceived", host.bytesReceived)
                    writer.member("isDown", host.isDown)
                }
            }
        }
    }
}
