internal import CXML2

/// What is told of an HTML page while it is read.
protocol HTMLConsumer: AnyObject {
    /// An element starts. Returns whether to go on.
    func start(_ element: HTMLElement) -> Bool
    /// The whole text of a `title` or `h1`, at most 300 bytes.
    func heading(_ text: String)
    /// A comment.
    func comment(_ text: String)
}

/// The start of an element, to be used only while it is handed over; names are in lower case.
struct HTMLElement {
    private let name: UnsafePointer<xmlChar>
    private let attributes: UnsafeMutablePointer<UnsafePointer<xmlChar>?>?

    init(name: UnsafePointer<xmlChar>, attributes: UnsafeMutablePointer<UnsafePointer<xmlChar>?>?) {
        self.name = name
        self.attributes = attributes
    }

    /// Whether this is an element of that name.
    func isNamed(_ other: StaticString) -> Bool { Self.equal(name, other) }

    /// The value of an attribute, entities decoded; empty when it has none, `nil` when it is not there.
    subscript(_ attribute: StaticString) -> String? {
        guard var pair = attributes else { return nil }
        while let name = pair[0] {
            if Self.equal(name, attribute) {
                return pair[1].map { String(cString: $0) } ?? ""
            }
            pair += 2
        }
        return nil
    }

    private static func equal(_ name: UnsafePointer<xmlChar>, _ other: StaticString) -> Bool {
        xmlStrcmp(name, other.utf8Start) == 0
    }
}

/// Reads HTML with libxml2, in pieces and without a tree.
final class HTMLReader {
    /// How deep elements may nest.
    ///
    /// Deeper pages are no pages of an index, and cost libxml2 quadratic time.
    static let maximumDepth = 256
    private static let pieceByteCount = 256 << 10
    private static let maximumHeadingByteCount = 300

    private let consumer: any HTMLConsumer
    private var context: htmlParserCtxtPtr?
    private var depth = 0
    private var heading: [UInt8]?
    private var failure: String?

    private init(consumer: any HTMLConsumer) {
        self.consumer = consumer
    }

    /// Reads a page; what is not UTF-8 is taken as Latin-1.
    ///
    /// - Throws: ``PageError/notHTML(reason:)`` when libxml2 gives up, or the page nests too deep, contains a NUL or
    ///   was cut off.
    static func read(_ body: [UInt8], consumer: any HTMLConsumer) throws(PageError) {
        guard !body.contains(0) else { throw .notHTML(reason: "it contains a NUL") }
        guard !isCutOff(body) else { throw .notHTML(reason: "it was cut off: <html> is never closed") }
        let text = isUTF8(body) ? body : Array(String(String.UnicodeScalarView(body.map(Unicode.Scalar.init))).utf8)
        initialize
        let reader = HTMLReader(consumer: consumer)
        if let failure = reader.run(text, from: PageBody.start(text)) { throw .notHTML(reason: failure) }
    }

    private static let initialize: Void = xmlInitParser()

    /// Whether `<html>` opens near the start and does not close near the end.
    ///
    /// HTML 5 allows to leave out the end tag, but what writes indexes writes it; and a list of files that was cut off
    /// must not look like one that got shorter.
    private static func isCutOff(_ body: [UInt8]) -> Bool {
        func contains(_ part: ArraySlice<UInt8>, _ tag: StaticString) -> Bool {
            part.indices.contains { start in
                guard part[start] == UInt8(ascii: "<"), part.endIndex - start >= tag.utf8CodeUnitCount
                else { return false }
                // With bit 5 set letters are lower case; the slash has it set anyway.
                return (1..<tag.utf8CodeUnitCount).allSatisfy { part[start + $0] | 0x20 == tag.utf8Start[$0] }
            }
        }
        return contains(body.prefix(4_096), "<html") && !contains(body.suffix(4_096), "</html")
    }

    private static func isUTF8(_ body: [UInt8]) -> Bool {
        (try? UTF8Span(validating: body.span)) != nil
    }

    private func run(_ text: [UInt8], from start: Int) -> String? {
        var handler = Self.handler()
        let user = Unmanaged.passUnretained(self).toOpaque()
        guard let context = htmlCreatePushParserCtxt(&handler, user, nil, 0, nil, XML_CHAR_ENCODING_UTF8) else {
            return "libxml2 has no memory for a parser"
        }
        defer { htmlFreeParserCtxt(context) }
        self.context = context
        let options =
            HTML_PARSE_NONET.rawValue | HTML_PARSE_NOERROR.rawValue | HTML_PARSE_NOWARNING.rawValue
            | HTML_PARSE_IGNORE_ENC.rawValue
        htmlCtxtUseOptions(context, Int32(options))
        text.withUnsafeBytes { bytes in
            var position = start
            while position < bytes.count, failure == nil {
                let piece = bytes[position..<min(position + Self.pieceByteCount, bytes.count)]
                UnsafeRawBufferPointer(rebasing: piece).withMemoryRebound(to: CChar.self) {
                    _ = htmlParseChunk(context, $0.baseAddress, Int32($0.count), 0)
                }
                position += piece.count
            }
        }
        if failure == nil { htmlParseChunk(context, nil, 0, 1) }
        endHeading()
        if failure == nil, context.pointee.lastError.level == XML_ERR_FATAL {
            failure = context.pointee.lastError.message.map { String(cString: $0) } ?? "libxml2 gave up"
        }
        return failure
    }

    private func stop(_ reason: String) {
        failure = reason
        xmlStopParser(context)
    }

    // MARK: What libxml2 calls

    private static func of(_ user: UnsafeMutableRawPointer?) -> HTMLReader? {
        user.map { Unmanaged<HTMLReader>.fromOpaque($0).takeUnretainedValue() }
    }

    private static func handler() -> htmlSAXHandler {
        var handler = htmlSAXHandler()
        handler.startElement = { user, name, attributes in
            guard let reader = HTMLReader.of(user), let name else { return }
            reader.started(HTMLElement(name: name, attributes: attributes))
        }
        handler.endElement = { user, name in
            guard let reader = HTMLReader.of(user), let name else { return }
            reader.ended(HTMLElement(name: name, attributes: nil))
        }
        handler.characters = { user, text, count in
            HTMLReader.of(user)?.read(UnsafeBufferPointer(start: text, count: Int(count)))
        }
        handler.comment = { user, text in
            guard let reader = HTMLReader.of(user), let text, reader.failure == nil else { return }
            reader.consumer.comment(String(cString: text))
        }
        return handler
    }

    private func started(_ element: HTMLElement) {
        guard failure == nil else { return }
        depth += 1
        guard depth <= Self.maximumDepth else { return stop("it nests more than \(Self.maximumDepth) elements") }
        if element.isNamed("title") || element.isNamed("h1") {
            endHeading()
            heading = []
        }
        if !consumer.start(element) { stop("it has more links than are read") }
    }

    private func ended(_ element: HTMLElement) {
        depth -= 1
        if element.isNamed("title") || element.isNamed("h1") { endHeading() }
    }

    private func read(_ text: UnsafeBufferPointer<UInt8>) {
        guard let count = heading?.count, count < Self.maximumHeadingByteCount else { return }
        heading?.append(contentsOf: text.prefix(Self.maximumHeadingByteCount - count))
    }

    private func endHeading() {
        guard let text = heading else { return }
        heading = nil
        if failure == nil { consumer.heading(String(decoding: text, as: UTF8.self)) }
    }
}
