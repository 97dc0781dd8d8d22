namespace Fairlead.Kernel.NfTables.Expressions;

/// <summary>
/// One instruction of the kernel's packet machine. The hierarchy is closed: encoder, printer and evaluator switch over all of it,
/// and what the kernel lists beyond it is an <see cref="UnknownExpression"/>.
/// </summary>
public abstract record Expression
{
    private protected Expression()
    {
    }

    /// <summary>A part of a rule with this one expression.</summary>
    public static implicit operator ValueList<Expression>(Expression expression) => [expression];

    /// <summary>A part of a rule with this one expression.</summary>
    public ValueList<Expression> ToValueList() => [this];
}

/// <summary>
/// An expression that we have no record for: kept whole, written back whole. The kernel takes back what it lists of most of them, not of all
/// (of <c>exthdr</c> that writes it lists an attribute which it refuses).
/// </summary>
/// <param name="Name">The kernel's name of it.</param>
/// <param name="Attributes">The bytes of NFTA_EXPR_DATA.</param>
public sealed record UnknownExpression(string Name, DataValue Attributes) : Expression;
