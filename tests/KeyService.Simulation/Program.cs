using System.Diagnostics;
using System.Globalization;
using KeyService.Simulation;

if (args is ["bugs"])
{
    foreach (var (bug, _) in KeyService.Simulation.Planted.Bugs.All)
    {
        var found = Enumerable.Range(1, 200).Select(seed => Run.Once(seed, bug, isTold: false)).FirstOrDefault(outcome => outcome.Rule is not null);
        Console.WriteLine($"{bug.Name}: {(found is null ? "NOT FOUND" : $"seed {found.Seed}, {found.Rule}: {found.Text}")}");
    }

    return 0;
}

if (args is not ["seeds", ..])
    return await Xunit.Runner.InProc.SystemConsole.ConsoleRunner.Run(args);

var count = int.Parse(args[1], CultureInfo.InvariantCulture);
var first = args.Length > 2 ? int.Parse(args[2], CultureInfo.InvariantCulture) : 1;
var mostBroken = args.Length > 3 ? int.Parse(args[3], CultureInfo.InvariantCulture) : 1;
var broken = 0;
var watch = Stopwatch.StartNew();
var total = default(RunFigures);
for (var seed = first; seed < first + count; seed++)
{
    var outcome = Run.Of(seed);
    total += outcome.Figures;
    if (outcome.Rule is not null)
    {
        Console.WriteLine(Report.Of(outcome));
        broken++;
        if (broken == mostBroken)
            return 1;
    }
}

var told = broken == 0 ? "all rules held" : $"{broken} broke a rule";
Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{count} seeds from {first} on, {count / watch.Elapsed.TotalSeconds:0.0} a second: {told}."));
Console.WriteLine(total);
return broken == 0 ? 0 : 1;
