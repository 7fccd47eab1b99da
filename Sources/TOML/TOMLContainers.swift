internal import CTOMLPlusPlus

/// The elements of a TOML array, in order; cheap to copy.
package struct TOMLArray: RandomAccessCollection, Sendable {
    private let document: TOMLDocument
    // The document that is kept beside it owns the node, and never changes it.
    private nonisolated(unsafe) let node: OpaquePointer

    init(document: TOMLDocument, node: OpaquePointer) {
        self.document = document
        self.node = node
    }

    /// Always 0.
    package var startIndex: Int { 0 }
    /// The number of elements.
    package var endIndex: Int { larder_toml_count(node) }

    /// An element, by its place from 0 up to ``endIndex``.
    package subscript(index: Int) -> TOMLValue {
        guard index >= 0, let element = larder_toml_element(node, index) else {
            preconditionFailure("element \(index) of \(count)")
        }
        return TOMLValue(document: document, node: element)
    }
}

/// A TOML table; cheap to copy.
package struct TOMLTable: Sendable {
    /// What a table holds under one key.
    package struct Member: Sendable {
        /// The key, without quotes and escapes.
        package let key: String
        /// Where the key stands first: in a header, before `=`, or as a part of a dotted key.
        package let position: TOMLPosition
        /// The value.
        package let value: TOMLValue
    }

    private let document: TOMLDocument
    // The document that is kept beside it owns the node, and never changes it.
    private nonisolated(unsafe) let node: OpaquePointer

    init(document: TOMLDocument, node: OpaquePointer) {
        self.document = document
        self.node = node
    }

    /// Where the table starts, as ``TOMLValue/position``; the first line for the root.
    package var position: TOMLPosition { TOMLPosition(larder_toml_position_of(node)) }

    /// The number of members.
    package var count: Int { larder_toml_count(node) }

    /// The value under a key; `nil` when there is none.
    ///
    /// Keys are the same when their code points are: TOML knows no other equivalence.
    package subscript(key: String) -> TOMLValue? { member(key)?.value }

    /// The member of a key; `nil` when there is none.
    package func member(_ key: String) -> Member? {
        var bytes = key
        var position = larder_toml_position()
        let value = bytes.withUTF8 { larder_toml_member(node, $0.baseAddress, $0.count, &position) }
        return value.map {
            Member(key: key, position: TOMLPosition(position), value: TOMLValue(document: document, node: $0))
        }
    }

    /// The keys, in the order of their bytes.
    package var keys: [String] { members.map(\.key) }

    /// The members, in the order of their keys' bytes.
    package var members: [Member] {
        var context = Context(document: document)
        context.members.reserveCapacity(count)
        withUnsafeMutablePointer(to: &context) { context in
            larder_toml_each_member(node, context, Self.collect)
        }
        return context.members
    }

    private struct Context {
        let document: TOMLDocument
        var members: [Member] = []
    }

    private static let collect:
        @Sendable @convention(c) (
            UnsafeMutableRawPointer?, larder_toml_text, larder_toml_position, OpaquePointer?
        ) -> Void = { context, key, position, value in
            guard let context = context?.assumingMemoryBound(to: Context.self), let value else { return }
            context.pointee.members.append(
                Member(
                    key: String(key),
                    position: TOMLPosition(position),
                    value: TOMLValue(document: context.pointee.document, node: value)
                )
            )
        }
}
