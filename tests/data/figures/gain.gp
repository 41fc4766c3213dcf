# Draw: gnuplot gain.gp   or   gnuplot -e "TERM='pdf'" gain.gp
# vitamin report 0123456789abcdef
ID = 'gain'; W = 6.75; H = 1.48; POINTS = 7; BORDER = 1
DATA = 'gain.dat'
load 'style.gp'
if (!exists("PS")) PS = 1
array LABEL[6] = ['IQL', 'AWAC', 'CQL', 'SPOT', 'Cal-QL', 'ReBRAC']
array COLOUR[6] = [0x009E73, 0x0072B2, 0xE69F00, 0xCC79A7, 0x56B4E9, 0xD55E00]
array DASH[6] = [1, 1, 1, 1, 1, 1]
array WIDTH[6] = [1, 1, 1, 1, 1, 1.5]
array MARK[6] = [9, 5, 11, 13, 15, 7]
set multiplot

# --- panel 1: Adroit
set lmargin at screen 0.08842; set rmargin at screen 0.37154
set bmargin at screen 0.25000; set tmargin at screen 0.83784
set xrange [-4.54262:96.7922]
unset logscale x
set format x '%g'
set xtics 0,20 nomirror out scale 0.35,0.2 offset 0,0.3
set yrange [-0.55:5.55]
unset logscale y
set format y ''
unset ytics
set border 1 lw 1.2*BORDER lc rgb INK
set grid xtics noytics
plot DATA index 0 using (abs($3-$2)>2.96945?$2+1.48472*sgn($3-$2):NaN):1:($3-$2-2.96945*sgn($3-$2)):(0):4 with vectors nohead lw 1.3*BORDER lc rgb variable notitle, \
     DATA index 0 using ($5>0?$2+1.48472*sgn($3-$2):NaN):1:($3-$2-2.96945*sgn($3-$2)):(0):4 with vectors head filled size screen 0.0081,20 lw 1.3*BORDER lc rgb variable notitle, \
     DATA index 0 using 2:1:4 with points pt 6 ps 0.55*PS lw BORDER lc rgb variable notitle, \
     DATA index 0 using 3:1:4 with points pt 7 ps 0.55*PS lc rgb variable notitle

# --- panel 2: AntMaze
set lmargin at screen 0.39525; set rmargin at screen 0.67836
set bmargin at screen 0.25000; set tmargin at screen 0.83784
set xrange [21.7225:101.778]
unset logscale x
set format x '%g'
set xtics 40,20 nomirror out scale 0.35,0.2 offset 0,0.3
set yrange [-0.55:5.55]
unset logscale y
set format y ''
unset ytics
set border 1 lw 1.2*BORDER lc rgb INK
set grid xtics noytics
plot DATA index 1 using (abs($3-$2)>2.34588?$2+1.17294*sgn($3-$2):NaN):1:($3-$2-2.34588*sgn($3-$2)):(0):4 with vectors nohead lw 1.3*BORDER lc rgb variable notitle, \
     DATA index 1 using ($5>0?$2+1.17294*sgn($3-$2):NaN):1:($3-$2-2.34588*sgn($3-$2)):(0):4 with vectors head filled size screen 0.0081,20 lw 1.3*BORDER lc rgb variable notitle, \
     DATA index 1 using 2:1:4 with points pt 6 ps 0.55*PS lw BORDER lc rgb variable notitle, \
     DATA index 1 using 3:1:4 with points pt 7 ps 0.55*PS lc rgb variable notitle

# --- panel 3: AntMaze-large
set lmargin at screen 0.70207; set rmargin at screen 0.98519
set bmargin at screen 0.25000; set tmargin at screen 0.83784
set xrange [-3.775:100]
unset logscale x
set format x '%g'
set xtics 0,20 nomirror out scale 0.35,0.2 offset 0,0.3
set yrange [-0.55:5.55]
unset logscale y
set format y ''
unset ytics
set border 1 lw 1.2*BORDER lc rgb INK
set grid xtics noytics
plot DATA index 2 using (abs($3-$2)>3.04095?$2+1.52048*sgn($3-$2):NaN):1:($3-$2-3.04095*sgn($3-$2)):(0):4 with vectors nohead lw 1.3*BORDER lc rgb variable notitle, \
     DATA index 2 using ($5>0?$2+1.52048*sgn($3-$2):NaN):1:($3-$2-3.04095*sgn($3-$2)):(0):4 with vectors head filled size screen 0.0081,20 lw 1.3*BORDER lc rgb variable notitle, \
     DATA index 2 using 2:1:4 with points pt 6 ps 0.55*PS lw BORDER lc rgb variable notitle, \
     DATA index 2 using 3:1:4 with points pt 7 ps 0.55*PS lc rgb variable notitle

# --- texts and legend
unset title; unset tics; unset grid; unset logscale; set border 0
set xrange [0:1]; set yrange [0:1]
set lmargin at screen 0; set rmargin at screen 1
set bmargin at screen 0; set tmargin at screen 1
set label 1 'Adroit' at screen 0.22998,screen 0.89527 center font ",7.4" noenhanced tc rgb INK
set label 2 'IQL' at screen 0.07954,screen 0.30300 right font ",7.4" noenhanced tc rgb INK
set label 3 'AWAC' at screen 0.07954,screen 0.39937 right font ",7.4" noenhanced tc rgb INK
set label 4 'CQL' at screen 0.07954,screen 0.49574 right font ",7.4" noenhanced tc rgb INK
set label 5 'SPOT' at screen 0.07954,screen 0.59210 right font ",7.4" noenhanced tc rgb INK
set label 6 'Cal-QL' at screen 0.07954,screen 0.68847 right font ",7.4" noenhanced tc rgb INK
set label 7 'ReBRAC' at screen 0.07954,screen 0.78484 right font ",7.4" noenhanced tc rgb INK
set label 8 'AntMaze' at screen 0.53680,screen 0.89527 center font ",7.4" noenhanced tc rgb INK
set label 9 'AntMaze-large' at screen 0.84363,screen 0.89527 center font ",7.4" noenhanced tc rgb INK
set label 10 'D4RL-normalised score' at screen 0.53680,screen 0.06757 center font ",7.8" noenhanced tc rgb INK
plot NaN notitle
unset multiplot
unset output
