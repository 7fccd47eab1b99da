internal import CSimdJSON

/// Reads the list of all projects of an index (PEP 691), entry by entry, without a document in memory.
///
/// For hundreds of thousands of projects a ``JSONDocument`` would take ten times the list; this takes about the list
/// again. It is simdjson's on-demand interface: UTF-8 and the structure of what is walked over are checked; values that
/// nobody asked for are skipped over. The names of members are compared as written, without their escapes.
package enum JSONRootList {
    /// What the list says of itself, in `meta`.
    package struct Meta: Equatable, Sendable {
        /// `api-version`; `nil` when it is absent, no string or longer than 15 bytes.
        package var apiVersion: String?
        /// `_last-serial`, an integer or a string of digits; `nil` for anything else.
        package var serial: UInt64?
    }

    /// An entry of `projects`.
    package struct Project {
        /// The bytes of `name`, to be used only during the call; `nil` when the entry is no object or has no such string.
        package let name: UnsafeBufferPointer<UInt8>?
        /// `_last-serial`, an integer or a string of digits; `nil` for anything else.
        package let serial: UInt64?
        /// The bytes of `_content-sha256`, which other mirrors of this kind state, to be used only during the call;
        /// `nil` when the entry has no such string.
        package let content: UnsafeBufferPointer<UInt8>?
    }

    /// Calls a closure for each entry of `projects`, in order.
    ///
    /// Bytes without 64 bytes of spare capacity are copied first.
    ///
    /// - Parameters:
    ///   - bytes: The JSON text.
    ///   - body: Returns whether to go on.
    /// - Returns: What the list says of itself, as far as it was read.
    /// - Throws: ``JSONError`` when the text is not JSON, no object or has no array `projects`; entries before the
    ///   damage have been handed to the closure by then.
    package static func forEachProject(
        in bytes: [UInt8],
        _ body: (Project) -> Bool
    ) throws(JSONError) -> Meta {
        let padding = larder_json_padding()
        var padded = bytes
        if padded.capacity < bytes.count + padding {
            padded = []
            padded.reserveCapacity(bytes.count + padding)
            padded.append(contentsOf: bytes)
        }
        let count = padded.count
        let outcome = padded.withUnsafeBufferPointer { read($0.baseAddress, count: count, body) }
        return try outcome.get()
    }

    private static func read(
        _ bytes: UnsafePointer<UInt8>?,
        count: Int,
        _ body: (Project) -> Bool
    ) -> Result<Meta, JSONError> {
        var meta = larder_json_root_meta()
        var offset = 0
        let code = withoutActuallyEscaping(body) { body in
            var context = Context(body: body)
            return withUnsafeMutablePointer(to: &context) { context in
                larder_json_read_root_list(bytes, count, context, deliver, &meta, &offset)
            }
        }
        guard code == 0 else { return .failure(JSONError(code: code, offset: Int(exactly: offset))) }
        guard meta.has_projects else { return .failure(JSONError(message: "there is no array 'projects' in it")) }
        let version = withUnsafeBytes(of: meta.api_version) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
        return .success(
            Meta(apiVersion: version.isEmpty ? nil : version, serial: meta.has_serial ? meta.serial : nil)
        )
    }

    private struct Context {
        let body: (Project) -> Bool
    }

    private static let deliver:
        @Sendable @convention(c) (UnsafeMutableRawPointer?, UnsafePointer<larder_json_project>?) -> Bool = {
            context,
            project in
            guard let context, let project = project?.pointee else { return false }
            let name = project.name.bytes.map { UnsafeBufferPointer(start: $0, count: project.name.count) }
            let content = project.content.bytes.map { UnsafeBufferPointer(start: $0, count: project.content.count) }
            let entry = Project(name: name, serial: project.has_serial ? project.serial : nil, content: content)
            return context.assumingMemoryBound(to: Context.self).pointee.body(entry)
        }
}
