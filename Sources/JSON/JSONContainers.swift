internal import CSimdJSON

/// The elements of a JSON array, in order.
package struct JSONArray: Sequence, IteratorProtocol, Sendable {
    private let document: JSONDocument
    private var cursor: larder_json_cursor

    init(document: JSONDocument, cursor: larder_json_cursor) {
        self.document = document
        self.cursor = cursor
    }

    package mutating func next() -> JSONValue? {
        var element = larder_json_value()
        guard larder_json_next_element(&cursor, &element) else { return nil }
        return JSONValue(document: document, value: element)
    }
}

/// The members of a JSON object, in the order of the document, doubled names included.
package struct JSONObject: Sequence, IteratorProtocol, Sendable {
    private let document: JSONDocument
    private var cursor: larder_json_cursor

    init(document: JSONDocument, cursor: larder_json_cursor) {
        self.document = document
        self.cursor = cursor
    }

    package mutating func next() -> (key: String, value: JSONValue)? {
        var key = larder_json_text()
        var member = larder_json_value()
        guard larder_json_next_member(&cursor, &key, &member) else { return nil }
        let name = String(decoding: UnsafeBufferPointer(start: key.bytes, count: key.count), as: UTF8.self)
        return (name, JSONValue(document: document, value: member))
    }
}
