using FsCheck;
using FsCheck.Fluent;
using KeyService.Core.Keys;

namespace KeyService.Core.Tests.Rotation;

/// <summary>DESIGN section 3: what holds after every step of any life, then and at every later date of the plan.</summary>
public sealed class RotationPlanProperties
{
    private static readonly Arbitrary<(KeySetPolicy Policy, (KeySetLife.Act Act, int Argument)[] Steps)> Lives =
        (from propagation in Gen.Choose(0, 60)
         from lifetime in Gen.Choose(1, 120)
         from retention in Gen.Choose(0, 48)
         from skew in Gen.Choose(0, 60)
         from period in Gen.Choose(0, 12)
         from steps in Gen.Zip(Acts, Gen.Choose(0, 500)).ArrayOf()
         select (
             new KeySetPolicy
             {
                 Propagation = TimeSpan.FromMinutes(propagation),
                 MaxTokenLifetime = TimeSpan.FromMinutes(lifetime),
                 Retention = TimeSpan.FromHours(retention),
                 ClockSkew = TimeSpan.FromSeconds(skew),
                 RotationPeriod = period < 2 ? null : TimeSpan.FromHours(period),
             },
             steps.Select(step => (step.Item1, step.Item2)).ToArray())).ToArbitrary();

    private static Gen<KeySetLife.Act> Acts => Gen.Frequency(
        (4, Gen.Constant(KeySetLife.Act.Rotate)),
        (2, Gen.Constant(KeySetLife.Act.Begin)),
        (2, Gen.Constant(KeySetLife.Act.Finish)),
        (2, Gen.Constant(KeySetLife.Act.Emergency)),
        (4, Gen.Constant(KeySetLife.Act.Tend)),
        (4, Gen.Constant(KeySetLife.Act.Revoke)),
        (2, Gen.Constant(KeySetLife.Act.ChangePolicy)),
        (2, Gen.Constant(KeySetLife.Act.ChangeSigners)),
        (1, Gen.Constant(KeySetLife.Act.Delete)),
        (8, Gen.Constant(KeySetLife.Act.Wait)));

    [Fact]
    public void Every_rule_holds_after_every_step_and_at_every_later_date() =>
        Seeded.Check(
            Prop.ForAll(Lives, life =>
            {
                var keySet = new KeySetLife(life.Policy);
                foreach (var (act, argument) in life.Steps)
                    keySet.Step(act, argument);
            }),
            cases: 500);
}
