using Fairlead.Kernel.NfTables.Expressions;

namespace Fairlead.Kernel.NfTables.Evaluation;

/// <summary>
/// Says what a table does with a packet, without a kernel: runs the rules that it was given (planned, or read back) expression by expression.
/// Pure: nothing changes, and the same question has the same answer. What it doesn't know it says.
/// </summary>
public sealed class RulesetEvaluator
{
    private const int MaxDepth = 16; // NFT_JUMP_STACK_SIZE
    private const int MaxSteps = 100_000;

    private readonly Dictionary<string, List<ListedRule>> _rules;
    private readonly Dictionary<string, SetIndex> _sets = [];
    private readonly Ruleset _ruleset;

    /// <summary>Prepares a table's rules. Its sets are indexed when they are first asked.</summary>
    public RulesetEvaluator(Ruleset ruleset)
    {
        _ruleset = ruleset;
        _rules = ruleset.Rules.GroupBy(static rule => rule.Rule.Chain).ToDictionary(static group => group.Key, static group => group.ToList());
    }

    /// <summary>The packet through all base chains of a hook, in the order of their priorities.</summary>
    /// <param name="hook">Where.</param>
    /// <param name="packet">The packet; NAT chains look at new connections only.</param>
    /// <param name="choose">What <c>numgen</c> gives, below the modulus that it is given; null: always 0.</param>
    public EvaluationResult Evaluate(Hook hook, Packet packet, Func<uint, uint>? choose = null)
    {
        Run run = new(this, packet, choose ?? (static _ => 0));
        PacketOutcome outcome = new PacketOutcome.Accepted();
        bool translated = false;
        foreach (Chain chain in _ruleset.Chains.Select(static listed => listed.Chain).Where(chain => chain.Base?.Hook == hook).OrderBy(static chain => chain.Base!.Priority))
        {
            bool nat = chain.Base!.Type == ChainType.Nat;
            if (nat && (translated || packet.State != ConntrackStates.New))
            {
                continue; // the connection's translation is decided already
            }

            outcome = run.BaseChain(chain);
            translated |= nat && run.Translated;
            if (outcome is not PacketOutcome.Accepted)
            {
                break;
            }
        }

        return run.Finish(outcome);
    }

    /// <summary>The packet through one chain alone; a chain that isn't a base chain ends with accept.</summary>
    public EvaluationResult EvaluateChain(string chain, Packet packet, Func<uint, uint>? choose = null)
    {
        Run run = new(this, packet, choose ?? (static _ => 0));
        Chain found = _ruleset.Chains.FirstOrDefault(listed => listed.Chain.Name == chain)?.Chain ?? Chain.Regular(chain);
        return run.Finish(run.BaseChain(found));
    }

    /// <summary>All that can become of the packet at a hook, for every choice that <c>numgen</c> may make; at most <paramref name="limit"/> ways.</summary>
    public IReadOnlyList<EvaluationResult> EvaluateAll(Hook hook, Packet packet, int limit = 256)
    {
        List<EvaluationResult> results = [];
        List<(uint Choice, uint Modulus)> script = [];
        do
        {
            int asked = 0;
            results.Add(Evaluate(hook, packet, modulus =>
            {
                if (asked == script.Count)
                {
                    script.Add((0, Math.Max(1, modulus)));
                }

                return script[asked++].Choice;
            }));
        }
        while (results.Count < limit && Advance(script));
        return results;
    }

    /// <summary>The next way: the last choice that has another value takes it, those behind it begin anew.</summary>
    private static bool Advance(List<(uint Choice, uint Modulus)> script)
    {
        while (script.Count != 0)
        {
            (uint choice, uint modulus) = script[^1];
            script.RemoveAt(script.Count - 1);
            if (choice + 1 < modulus)
            {
                script.Add((choice + 1, modulus));
                return true;
            }
        }

        return false;
    }

    private SetIndex? IndexOf(string name)
    {
        lock (_sets)
        {
            if (!_sets.TryGetValue(name, out SetIndex? index))
            {
                if (_ruleset.FindSet(name) is not { } set)
                {
                    return null;
                }

                index = new SetIndex(set, _ruleset.Elements.TryGetValue(name, out IReadOnlyList<Element>? elements) ? elements : []);
                _sets[name] = index;
            }

            return index;
        }
    }

    /// <summary>One packet on its way.</summary>
    private sealed class Run(RulesetEvaluator owner, Packet packet, Func<uint, uint> choose)
    {
        private readonly List<EvaluationStep> _steps = [];
        private readonly Machine _machine = new(packet, choose, owner.IndexOf);

        internal bool Translated => _machine.Translated;

        internal EvaluationResult Finish(PacketOutcome outcome) => new(outcome, _machine.Packet, _steps, _machine.Effects);

        internal PacketOutcome BaseChain(Chain chain)
        {
            Verdict verdict = Walk(chain.Name, 0);
            if (_machine.Undecided is { } reason)
            {
                return new PacketOutcome.Undecided(reason);
            }

            if (verdict.Code is VerdictCode.Continue or VerdictCode.Return)
            {
                ChainPolicy policy = chain.Base?.Policy ?? ChainPolicy.Accept;
                verdict = policy == ChainPolicy.Accept ? Verdict.Accept : Verdict.Drop;
                _steps.Add(new EvaluationStep(chain.Name, null, new StepOutcome.Decided(verdict)));
            }

            return verdict.Code switch
            {
                VerdictCode.Accept => new PacketOutcome.Accepted(),
                VerdictCode.Drop when _machine.Rejected is { } reject => new PacketOutcome.Rejected(reject),
                VerdictCode.Drop => new PacketOutcome.Dropped(),
                _ => new PacketOutcome.Undecided($"verdict {verdict} leads out of the rules"),
            };
        }

        /// <summary>Runs a chain's rules; the result is never a jump: continue says that it came to its end.</summary>
        private Verdict Walk(string chain, int depth)
        {
            if (depth > MaxDepth)
            {
                return Stop($"chains jump more than {MaxDepth} deep at {chain}");
            }

            foreach (ListedRule rule in owner._rules.GetValueOrDefault(chain) ?? [])
            {
                if (_steps.Count > MaxSteps)
                {
                    return Stop($"more than {MaxSteps} rules were asked");
                }

                StepOutcome outcome = _machine.Run(rule.Rule.Expressions);
                _steps.Add(new EvaluationStep(chain, rule, outcome));
                switch (outcome)
                {
                    case StepOutcome.Undecided undecided:
                        return Stop($"rule {rule.Handle} of chain {chain}: {undecided.Reason}");
                    case StepOutcome.Decided { Verdict: { Code: VerdictCode.Jump, Chain: { } target } }:
                        Verdict inner = Walk(target, depth + 1);
                        if (inner.Code is not (VerdictCode.Continue or VerdictCode.Return))
                        {
                            return inner;
                        }

                        break;
                    case StepOutcome.Decided { Verdict: { Code: VerdictCode.Goto, Chain: { } target } }:
                        return Walk(target, depth + 1);
                    case StepOutcome.Decided { Verdict.Code: VerdictCode.Continue or VerdictCode.Break }:
                        break;
                    case StepOutcome.Decided decided:
                        return decided.Verdict;
                    default:
                        break;
                }
            }

            return Verdict.Continue;
        }

        private Verdict Stop(string reason)
        {
            _machine.Undecided ??= reason;
            return Verdict.Drop;
        }
    }
}
