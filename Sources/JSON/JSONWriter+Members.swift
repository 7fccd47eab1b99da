/// Members of objects: a name and its value in one call. A value that is `nil` leaves the member out.
extension JSONWriter {
    /// Writes a member whose value `body` writes.
    package mutating func member(_ name: String, _ body: (inout JSONWriter) -> Void) {
        key(name)
        body(&self)
    }

    /// Writes a member that is an object, whose members `body` writes.
    package mutating func objectMember(_ name: String, _ body: (inout JSONWriter) -> Void) {
        key(name)
        object(body)
    }

    /// Writes a member that is an array of values that `body` writes one by one.
    package mutating func arrayMember<Element>(
        _ name: String,
        of elements: some Sequence<Element>,
        _ body: (inout JSONWriter, Element) -> Void
    ) {
        key(name)
        array { writer in
            for element in elements { body(&writer, element) }
        }
    }

    /// Writes a member that is a string.
    package mutating func member(_ name: String, _ value: String?) {
        guard let value else { return }
        key(name)
        string(value)
    }

    /// Writes a member that is an integer.
    package mutating func member(_ name: String, _ value: UInt64?) {
        guard let value else { return }
        key(name)
        integer(value)
    }

    /// Writes a member that is an integer.
    package mutating func member(_ name: String, _ value: Int64?) {
        guard let value else { return }
        key(name)
        integer(value)
    }

    /// Writes a member that is an integer.
    package mutating func member(_ name: String, _ value: Int?) {
        member(name, value.map { Int64($0) })
    }

    /// Writes a member that is a truth value.
    package mutating func member(_ name: String, _ value: Bool) {
        key(name)
        bool(value)
    }

    /// Writes a member that is a finite number, rounded to thousandths.
    package mutating func member(_ name: String, thousandthsOf value: Double) {
        key(name)
        decimal(thousandths: Int64((value * 1_000).rounded()))
    }
}
