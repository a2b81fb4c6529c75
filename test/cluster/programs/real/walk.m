% Eigenvalues of a matrix that changes at random; to a table and the output.
steps = str2double (argv (){1});
randn ("state", 1);
m = randn (80);
table = fopen ("values.csv", "w");
for i = 1:steps
  e = max (abs (eig (m)));
  m += 0.01 * randn (80);
  fprintf (table, "%d,%.17g\n", i, e);
  if (mod (i, 50) == 0)
    printf ("%d %.17g\n", i, mean (m(:)));
    fflush (stdout);
  end
end
fclose (table);
dlmwrite ("result.csv", m, "precision", "%.17g");
