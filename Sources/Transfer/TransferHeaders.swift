/// The header fields of an answer, in the order in which they came.
package struct TransferHeaders: Sendable, Equatable {
    /// A field.
    package struct Field: Sendable, Equatable {
        /// The name, as it came.
        package let name: String
        /// The value, without the space around it.
        package let value: String

        /// A field.
        package init(name: String, value: String) {
            self.name = name
            self.value = value
        }

        fileprivate func isNamed(_ other: String) -> Bool {
            let (mine, others) = (name.utf8, other.utf8)
            func folded(_ byte: UInt8) -> UInt8 { (65...90).contains(byte) ? byte | 32 : byte }
            return mine.count == others.count && zip(mine, others).allSatisfy { folded($0) == folded($1) }
        }
    }

    /// All fields.
    package let fields: [Field]

    /// These fields.
    package init(_ fields: [Field] = []) {
        self.fields = fields
    }

    /// All values of a field, in order (RFC 9110, section 5.2); the case of the name does not matter.
    package subscript(name: String) -> [String] {
        fields.filter { $0.isNamed(name) }.map(\.value)
    }
}
