using System.Globalization;
using KeyService.Fuzz.Mutation;
using KeyService.Fuzz.Runs;
using KeyService.Fuzz.Targets;

if (args is ["show", var shown])
{
    var seed = int.Parse(shown, CultureInfo.InvariantCulture);
    var target = Inputs.TargetOf(seed, AllTargets.All);
    Console.WriteLine(new Finding(target.Name, seed, "its input", Inputs.Make(target, seed)));
    return 0;
}

if (args is not ["inputs", ..])
    return await Xunit.Runner.InProc.SystemConsole.ConsoleRunner.Run(args);

var count = int.Parse(args[1], CultureInfo.InvariantCulture);
var first = args.Length > 2 ? int.Parse(args[2], CultureInfo.InvariantCulture) : 1;
var report = await new FuzzRun(AllTargets.All, new RunLimits()).PlayAsync(first, count, Console.Error.WriteLine);
Console.WriteLine(report);
return report.Findings.Count == 0 ? 0 : 1;
