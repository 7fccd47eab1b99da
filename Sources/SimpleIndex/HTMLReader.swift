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

    /// How many attributes it has.
    var attributeCount: Int {
        guard let attributes else { return 0 }
        var count = 0
        while attributes[2 * count] != nil { count += 1 }
        return count
    }

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
    /// How many attributes an element may have.
    static let maximumAttributeCount = 100
    /// How many bytes libxml2 may take without telling of anything, give or take what it reads at once.
    ///
    /// It compares each attribute with all before it, which takes hours for a tag of a few megabytes.
    static let maximumMarkupByteCount = 32 << 10
    private static let maximumHeadingByteCount = 300

    private let consumer: any HTMLConsumer
    private let text: [UInt8]
    /// How far libxml2 has taken the text, and how far it had when it last told of something.
    private var position: Int
    private var told: Int
    private var context: htmlParserCtxtPtr?
    private var depth = 0
    private var heading: [UInt8]?
    private var failure: String?

    private init(_ text: [UInt8], consumer: any HTMLConsumer) {
        self.consumer = consumer
        self.text = text
        position = PageBody.start(text)
        told = position
    }

    /// Reads a page; what is not UTF-8 is taken as Latin-1.
    ///
    /// - Throws: ``PageError/notHTML(reason:)`` when libxml2 gives up, or the page nests too deep, contains a NUL or
    ///   was cut off.
    static func read(_ body: [UInt8], consumer: any HTMLConsumer) throws(PageError) {
        guard !body.contains(0) else { throw .notHTML(reason: "it contains a NUL") }
        guard !isCutOff(body) else { throw .notHTML(reason: "it was cut off: <html> is never closed") }
        let text = isUTF8(body) ? body : fromLatin1(body)
        initialize
        let reader = HTMLReader(text, consumer: consumer)
        if let failure = reader.run() { throw .notHTML(reason: failure) }
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

    private static func fromLatin1(_ body: [UInt8]) -> [UInt8] {
        var text: [UInt8] = []
        text.reserveCapacity(body.reduce(0) { $0 + ($1 < 0x80 ? 1 : 2) })
        for byte in body {
            if byte < 0x80 {
                text.append(byte)
            } else {
                text.append(0xC0 | byte >> 6)
                text.append(0x80 | byte & 0x3F)
            }
        }
        return text
    }

    private static func isUTF8(_ body: [UInt8]) -> Bool {
        (try? UTF8Span(validating: body.span)) != nil
    }

    private func run() -> String? {
        guard let context = htmlNewParserCtxt() else { return "libxml2 has no memory for a parser" }
        defer { htmlFreeParserCtxt(context) }
        self.context = context
        let user = Unmanaged.passUnretained(self).toOpaque()
        context.pointee.sax.pointee = Self.handler()
        context.pointee.userData = user
        let options =
            HTML_PARSE_NONET.rawValue | HTML_PARSE_NOERROR.rawValue | HTML_PARSE_NOWARNING.rawValue
            | HTML_PARSE_IGNORE_ENC.rawValue
        // The push interface would not do: where a piece ends within a tag it may wait, and keep, until all have come.
        let document = htmlCtxtReadIO(
            context,
            { user, buffer, capacity in
                guard let reader = HTMLReader.of(user), let buffer else { return -1 }
                return Int32(reader.fill(UnsafeMutableRawBufferPointer(start: buffer, count: Int(capacity))))
            },
            nil,
            user,
            nil,
            "UTF-8",
            Int32(options)
        )
        // With our handler there is no tree.
        xmlFreeDoc(document)
        endHeading()
        if failure == nil, context.pointee.lastError.level == XML_ERR_FATAL {
            // Its messages end in a line end.
            let message = context.pointee.lastError.message.map { String(cString: $0) } ?? "libxml2 gave up"
            failure = String(message.prefix { !$0.isNewline })
        }
        return failure
    }

    /// Gives libxml2 the next bytes, and none once the page is at its end, or is of no use.
    private func fill(_ buffer: UnsafeMutableRawBufferPointer) -> Int {
        guard failure == nil else { return 0 }
        guard position - told <= Self.maximumMarkupByteCount else {
            failure = "a tag or comment has more than \(Self.maximumMarkupByteCount) bytes"
            return 0
        }
        let piece = text[position...].prefix(buffer.count)
        buffer.copyBytes(from: piece)
        position += piece.count
        return piece.count
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
        handler.ignorableWhitespace = handler.characters
        handler.cdataBlock = handler.characters
        handler.comment = { user, text in
            guard let reader = HTMLReader.of(user), let text, reader.failure == nil else { return }
            reader.told = reader.position
            reader.consumer.comment(String(cString: text))
        }
        return handler
    }

    private func started(_ element: HTMLElement) {
        told = position
        guard failure == nil else { return }
        depth += 1
        guard depth <= Self.maximumDepth else { return stop("it nests more than \(Self.maximumDepth) elements") }
        guard element.attributeCount <= Self.maximumAttributeCount else {
            return stop("an element has more than \(Self.maximumAttributeCount) attributes")
        }
        if element.isNamed("title") || element.isNamed("h1") {
            endHeading()
            heading = []
        }
        if !consumer.start(element) { stop("it has more links than are read") }
    }

    private func ended(_ element: HTMLElement) {
        told = position
        depth -= 1
        if element.isNamed("title") || element.isNamed("h1") { endHeading() }
    }

    private func read(_ text: UnsafeBufferPointer<UInt8>) {
        told = position
        guard let count = heading?.count, count < Self.maximumHeadingByteCount else { return }
        heading?.append(contentsOf: text.prefix(Self.maximumHeadingByteCount - count))
    }

    private func endHeading() {
        guard let text = heading else { return }
        heading = nil
        if failure == nil { consumer.heading(String(decoding: text, as: UTF8.self)) }
    }
}
