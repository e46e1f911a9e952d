using System.CommandLine;
using KeyService.Cli.Audit;

var root = new RootCommand("KeyService for operators.") { AuditVerifyCommand.Make() };
return await root.Parse(args).InvokeAsync();
